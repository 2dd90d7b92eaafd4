import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** A semaphore whose longest waits end when the virtual clock says so: by an interrupt. */
public final class VirtualSemaphore extends Semaphore {
    /** The latest one. */
    static VirtualSemaphore latest;

    /** Threads that wait, and the instants at which they give up, in the order of their coming. */
    final Map<Thread, Long> waiting = new LinkedHashMap<>();

    public VirtualSemaphore(int permits, boolean fair) {
        super(permits, fair);
        latest = this;
    }

    @Override
    public boolean tryAcquire(long timeout, TimeUnit unit) throws InterruptedException {
        if (super.tryAcquire(0, TimeUnit.NANOSECONDS)) {
            return true;
        }
        if (timeout <= 0) {
            return false;
        }
        synchronized (waiting) {
            waiting.put(Thread.currentThread(), VirtualTime.now + unit.toNanos(timeout));
        }
        try {
            acquire();
            return true;
        } catch (InterruptedException over) {
            return false;
        } finally {
            synchronized (waiting) {
                waiting.remove(Thread.currentThread());
            }
        }
    }

    boolean isQueued(Thread thread) {
        return getQueuedThreads().contains(thread);
    }
}
