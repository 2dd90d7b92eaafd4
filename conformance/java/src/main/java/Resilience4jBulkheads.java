import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.resilience4j.bulkhead.Bulkhead;
import io.github.resilience4j.bulkhead.BulkheadConfig;
import io.github.resilience4j.bulkhead.BulkheadFullException;
import io.github.resilience4j.bulkhead.ThreadPoolBulkhead;
import io.github.resilience4j.bulkhead.ThreadPoolBulkheadConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** resilience4j's bulkheads, with a semaphore and with a pool of threads. */
final class Resilience4jBulkheads {
    private static final String INTERNAL = "io.github.resilience4j.bulkhead.internal.";

    static ArrayNode semaphore(JsonNode sequence) throws Exception {
        JsonNode settings = sequence.get("settings");
        BulkheadConfig config = BulkheadConfig.custom()
            .maxConcurrentCalls(settings.get("permits").asInt())
            .maxWaitDuration(Duration.ofNanos(settings.get("max_wait_ns").asLong()))
            .build();
        Bulkhead bulkhead = (Bulkhead) VirtualTime.load(INTERNAL + "SemaphoreBulkhead")
            .getConstructor(String.class, BulkheadConfig.class)
            .newInstance("bulkhead", config);
        WithPermits held =
            new WithPermits(bulkhead, VirtualSemaphore.latest, config.getMaxConcurrentCalls());
        ArrayNode answers = held.play(sequence);
        held.over();
        return answers;
    }

    /** Each call has a thread, which waits for its permit. */
    private static final class WithPermits extends Held {
        final Map<Integer, Thread> threads = new HashMap<>();
        private final Bulkhead bulkhead;
        private final VirtualSemaphore semaphore;
        private final int permits;

        WithPermits(Bulkhead bulkhead, VirtualSemaphore semaphore, int permits) {
            this.bulkhead = bulkhead;
            this.semaphore = semaphore;
            this.permits = permits;
        }

        @Override
        void call(int index) {
            Thread thread = new Thread(() -> {
                boolean admitted = bulkhead.tryAcquirePermission();
                synchronized (this) {
                    threads.remove(index);
                    if (admitted) {
                        starts(index);
                    } else {
                        refuses(index);
                    }
                }
            });
            thread.setDaemon(true);
            synchronized (this) {
                threads.put(index, thread);
            }
            thread.start();
        }

        @Override
        void end(int index, String how) {
            bulkhead.onComplete();
        }

        @Override
        void expire(long at) throws Exception {
            while (true) {
                Map.Entry<Thread, Long> first = null;
                synchronized (semaphore.waiting) {
                    for (Map.Entry<Thread, Long> next : semaphore.waiting.entrySet()) {
                        if (first == null || next.getValue() < first.getValue()) {
                            first = next;
                        }
                    }
                }
                if (first == null || first.getValue() > at) {
                    return;
                }
                VirtualTime.now = first.getValue();
                first.getKey().interrupt();
                first.getKey().join();
            }
        }

        @Override
        void settle() throws Exception {
            while (true) {
                synchronized (this) {
                    int free = semaphore.availablePermits();
                    boolean all = inside.size() + free == permits;
                    boolean handedOn = free == 0 || threads.isEmpty();
                    if (all && handedOn && threads.values().stream().allMatch(this::waits)) {
                        return;
                    }
                }
                Thread.yield();
            }
        }

        synchronized void over() {
            threads.values().forEach(Thread::interrupt);
        }

        private boolean waits(Thread thread) {
            return semaphore.isQueued(thread) && thread.getState() == Thread.State.WAITING;
        }
    }

    static ArrayNode threadPool(JsonNode sequence) throws Exception {
        JsonNode settings = sequence.get("settings");
        ThreadPoolBulkheadConfig config = ThreadPoolBulkheadConfig.custom()
            .coreThreadPoolSize(settings.get("core").asInt())
            .maxThreadPoolSize(settings.get("max").asInt())
            .queueCapacity(settings.get("queue").asInt())
            .keepAliveDuration(Duration.ofMillis(settings.get("keep_alive_ms").asLong()))
            .build();
        ThreadPoolBulkhead bulkhead =
            (ThreadPoolBulkhead) VirtualTime.load(INTERNAL + "FixedThreadPoolBulkhead")
                .getConstructor(String.class, ThreadPoolBulkheadConfig.class)
                .newInstance("bulkhead", config);
        OnThreads held = new OnThreads(bulkhead, VirtualQueue.latest);
        ArrayNode answers = held.play(sequence);
        held.over();
        bulkhead.close();
        return answers;
    }

    /** Calls are tasks of the pool. */
    private static final class OnThreads extends Held {
        private final ThreadPoolBulkhead bulkhead;
        private final VirtualQueue queue;
        private final Set<Integer> ended = new HashSet<>();
        private boolean over;

        OnThreads(ThreadPoolBulkhead bulkhead, VirtualQueue queue) {
            this.bulkhead = bulkhead;
            this.queue = queue;
        }

        @Override
        void call(int index) {
            try {
                bulkhead.executeRunnable(() -> hold(index));
            } catch (BulkheadFullException full) {
                refuses(index);
            }
        }

        private synchronized void hold(int index) {
            if (over) {
                return;
            }
            starts(index);
            try {
                while (!over && !ended.contains(index)) {
                    wait();
                }
            } catch (InterruptedException end) {
                Thread.currentThread().interrupt();
            }
        }

        @Override
        synchronized void end(int index, String how) {
            ended.add(index);
            notifyAll();
        }

        synchronized void over() {
            over = true;
            notifyAll();
        }

        @Override
        void expire(long at) throws Exception {
            for (Long end = queue.expire(at); end != null; end = queue.expire(at)) {
                VirtualTime.now = end;
                settle();
            }
        }

        @Override
        void settle() {
            while (true) {
                int threads = bulkhead.getMetrics().getThreadPoolSize();
                synchronized (this) {
                    if (queue.idle() + inside.size() == threads) {
                        return;
                    }
                }
                Thread.yield();
            }
        }
    }
}
