package virtual;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.AbstractExecutorService;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Delayed;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;

/**
 * A scheduler whose time goes on as it is told, on the thread that tells it. Tasks of one instant
 * run in the order in which they were scheduled.
 */
public class VirtualScheduler extends AbstractExecutorService
        implements ScheduledExecutorService {
    /** Nanoseconds since the start of a sequence. */
    public long now;

    /** What tasks are scheduled for: set by who does it, and by a task for those that follow. */
    public int owner = -1;

    private long scheduled;
    private final PriorityQueue<Task<?>> tasks = new PriorityQueue<>();

    /** Runs what is due until this instant, which is the present one then. */
    public void advanceTo(long instant) {
        while (!tasks.isEmpty() && tasks.peek().due <= instant) {
            Task<?> task = tasks.poll();
            now = Math.max(now, task.due);
            owner = task.owner;
            task.run();
        }
        now = instant;
    }

    /** True if something is to come for this owner. */
    public boolean awaits(int owner) {
        return tasks.stream().anyMatch(task -> task.owner == owner && !task.isCancelled());
    }

    private final class Task<V> extends FutureTask<V> implements ScheduledFuture<V> {
        private final long due;
        private final long number = scheduled++;
        private final int owner = VirtualScheduler.this.owner;

        Task(Callable<V> task, long delay) {
            super(task);
            due = now + Math.max(delay, 0);
            tasks.add(this);
        }

        @Override
        public long getDelay(TimeUnit unit) {
            return unit.convert(due - now, TimeUnit.NANOSECONDS);
        }

        @Override
        public int compareTo(Delayed other) {
            Comparator<Task<?>> order = Comparator.comparingLong(task -> task.due);
            return order.thenComparingLong(task -> task.number).compare(this, (Task<?>) other);
        }

        /** What a task throws is a fault of this program. */
        @Override
        protected void setException(Throwable thrown) {
            throw new IllegalStateException(thrown);
        }
    }

    @Override
    public <V> ScheduledFuture<V> schedule(Callable<V> task, long delay, TimeUnit unit) {
        return new Task<>(task, unit.toNanos(delay));
    }

    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return schedule(() -> {
            task.run();
            return null;
        }, delay, unit);
    }

    @Override
    public void execute(Runnable task) {
        schedule(task, 0, TimeUnit.NANOSECONDS);
    }

    @Override
    public ScheduledFuture<?> scheduleAtFixedRate(
            Runnable task, long delay, long period, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public ScheduledFuture<?> scheduleWithFixedDelay(
            Runnable task, long delay, long period, TimeUnit unit) {
        throw new UnsupportedOperationException();
    }

    @Override
    public void shutdown() {}

    @Override
    public List<Runnable> shutdownNow() {
        return List.of();
    }

    @Override
    public boolean isShutdown() {
        return false;
    }

    @Override
    public boolean isTerminated() {
        return false;
    }

    @Override
    public boolean awaitTermination(long time, TimeUnit unit) {
        return true;
    }
}
