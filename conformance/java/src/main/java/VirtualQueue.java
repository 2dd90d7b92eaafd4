import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * A queue of tasks for which threads wait in virtual time, the longest waiting first. Without room
 * it hands tasks to waiting threads alone, as a SynchronousQueue.
 */
public final class VirtualQueue extends ArrayBlockingQueue<Runnable> {
    /** The latest one. */
    static VirtualQueue latest;

    private static final class Waiter {
        final long until;
        Runnable task;
        boolean over;

        Waiter(long until) {
            this.until = until;
        }
    }

    private final Deque<Waiter> waiters = new ArrayDeque<>();
    private final boolean room;

    public VirtualQueue() {
        super(1);
        room = false;
        latest = this;
    }

    public VirtualQueue(int capacity) {
        super(capacity);
        room = true;
        latest = this;
    }

    @Override
    public synchronized boolean offer(Runnable task) {
        Waiter first = waiters.pollFirst();
        if (first == null) {
            return room && super.offer(task);
        }
        first.task = task;
        notifyAll();
        return true;
    }

    @Override
    public Runnable poll(long timeout, TimeUnit unit) throws InterruptedException {
        return await(VirtualTime.now + unit.toNanos(timeout));
    }

    @Override
    public Runnable take() throws InterruptedException {
        return await(Long.MAX_VALUE);
    }

    private synchronized Runnable await(long until) throws InterruptedException {
        Runnable task = super.poll();
        if (task != null) {
            return task;
        }
        Waiter waiter = new Waiter(until);
        waiters.addLast(waiter);
        try {
            while (waiter.task == null && !waiter.over) {
                wait();
            }
        } finally {
            waiters.remove(waiter);
        }
        return waiter.task;
    }

    /** Number of threads that wait. */
    synchronized int idle() {
        return waiters.size();
    }

    /** Ends the wait that is over first, if one is over at this instant; its end. */
    synchronized Long expire(long at) {
        Waiter first = null;
        for (Iterator<Waiter> all = waiters.iterator(); all.hasNext();) {
            Waiter next = all.next();
            if (next.until <= at && (first == null || next.until < first.until)) {
                first = next;
            }
        }
        if (first == null) {
            return null;
        }
        waiters.remove(first);
        first.over = true;
        notifyAll();
        return first.until;
    }
}
