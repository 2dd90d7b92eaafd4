import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.netflix.concurrency.limits.Limiter;
import com.netflix.concurrency.limits.limit.AIMDLimit;
import com.netflix.concurrency.limits.limiter.AbstractPartitionedLimiter;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A partitioned limiter of concurrency-limits, whose rejected callers are threads that sleep in
 * virtual time. Loaded by {@link VirtualTime}.
 */
public final class PartitionedLimiter extends Held {
    private final JsonNode steps;
    private final Limiter<String> limiter;
    private final Map<Integer, Limiter.Listener> listeners = new HashMap<>();
    private Thread latest;

    private static final class Builder
            extends AbstractPartitionedLimiter.Builder<Builder, String> {
        @Override
        protected Builder self() {
            return this;
        }
    }

    public static ArrayNode answers(JsonNode sequence) throws Exception {
        return new PartitionedLimiter(sequence).play(sequence);
    }

    private PartitionedLimiter(JsonNode sequence) {
        steps = sequence.get("steps");
        JsonNode settings = sequence.get("settings");
        // The limit that a builder has before it is given another one draws numbers.
        VirtualTime.units = Driver.JSON.createArrayNode().add(0.5);
        Builder builder = new Builder()
            .clock(VirtualTime::nanoTime)
            .partitionResolver(name -> name)
            .maxDelayedThreads(settings.get("max_delayed").asInt())
            .limit(AIMDLimit.newBuilder()
                .initialLimit(settings.get("initial").asInt())
                .minLimit(settings.get("min").asInt())
                .maxLimit(settings.get("max").asInt())
                .backoffRatio(settings.get("backoff").asDouble())
                .timeout(settings.get("timeout_ns").asLong(), TimeUnit.NANOSECONDS)
                .build());
        for (int partition = 0; partition < 2; partition++) {
            String name = Integer.toString(partition);
            builder.partition(name, settings.get("shares").get(partition).asDouble());
            long delay = settings.get("delays_ms").get(partition).asLong();
            builder.partitionRejectDelay(name, delay, TimeUnit.MILLISECONDS);
        }
        limiter = builder.build();
    }

    @Override
    void call(int index) {
        String partition = steps.get(index).get("call_of").get(1).asText();
        latest = new Thread(() -> {
            Optional<Limiter.Listener> admitted = limiter.acquire(partition);
            synchronized (this) {
                if (admitted.isPresent()) {
                    listeners.put(index, admitted.get());
                    starts(index);
                } else {
                    refuses(index);
                }
            }
        });
        latest.setDaemon(true);
        latest.start();
    }

    @Override
    void end(int index, String how) {
        Limiter.Listener listener = listeners.remove(index);
        switch (how) {
            case "succeeds":
                listener.onSuccess();
                break;
            case "fails":
                listener.onIgnore();
                break;
            default:
                listener.onDropped();
        }
    }

    @Override
    void expire(long at) throws Exception {
        for (Thread woken = VirtualTime.wake(at); woken != null; woken = VirtualTime.wake(at)) {
            woken.join();
        }
    }

    @Override
    void settle() throws Exception {
        while (latest != null && latest.isAlive() && !VirtualTime.sleeps(latest)) {
            Thread.yield();
        }
    }
}
