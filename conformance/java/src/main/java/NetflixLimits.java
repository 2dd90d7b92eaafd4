import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.netflix.concurrency.limits.Limit;
import com.netflix.concurrency.limits.limit.AIMDLimit;
import com.netflix.concurrency.limits.limit.Gradient2Limit;
import com.netflix.concurrency.limits.limit.WindowedLimit;
import java.util.concurrent.TimeUnit;

/** The limits of Netflix's concurrency-limits, fed with samples. */
final class NetflixLimits {
    static ArrayNode answers(JsonNode sequence) throws Exception {
        JsonNode settings = sequence.get("settings");
        Limit limit = windowed(settings, limit(settings));
        ArrayNode answers = Driver.JSON.createArrayNode();
        for (JsonNode step : sequence.get("steps")) {
            JsonNode sample = step.get("sample");
            limit.onSample(
                sample.get(0).asLong(),
                sample.get(1).asLong(),
                sample.get(2).asInt(),
                sample.get(3).asBoolean());
            answers.addObject().put("limit", limit.getLimit());
        }
        return answers;
    }

    private static Limit limit(JsonNode settings) throws Exception {
        int initial = settings.get("initial").asInt();
        int max = settings.get("max").asInt();
        switch (settings.get("algorithm").asText()) {
            case "aimd":
                return AIMDLimit.newBuilder()
                    .initialLimit(initial)
                    .minLimit(settings.get("min").asInt())
                    .maxLimit(max)
                    .backoffRatio(settings.get("backoff").asDouble())
                    .timeout(settings.get("timeout_ns").asLong(), TimeUnit.NANOSECONDS)
                    .build();
            case "gradient2":
                return Gradient2Limit.newBuilder()
                    .initialLimit(initial)
                    .minLimit(settings.get("min").asInt())
                    .maxConcurrency(max)
                    .smoothing(settings.get("smoothing").asDouble())
                    .queueSize(settings.get("queue").asInt())
                    .longWindow(settings.get("long_window").asInt())
                    .rttTolerance(settings.get("tolerance").asDouble())
                    .build();
            default:
                return vegas(settings, initial, max);
        }
    }

    /** VegasLimit draws the number of samples to its next probe; here the sequence says it. */
    private static Limit vegas(JsonNode settings, int initial, int max) throws Exception {
        VirtualTime.units = settings.get("units");
        VirtualTime.drawn = 0;
        Class<?> vegas = VirtualTime.load("com.netflix.concurrency.limits.limit.VegasLimit");
        Object builder = vegas.getMethod("newBuilder").invoke(null);
        Class<?> of = builder.getClass();
        of.getMethod("initialLimit", int.class).invoke(builder, initial);
        of.getMethod("maxConcurrency", int.class).invoke(builder, max);
        of.getMethod("smoothing", double.class)
            .invoke(builder, settings.get("smoothing").asDouble());
        of.getMethod("probeMultiplier", int.class)
            .invoke(builder, settings.get("probe_multiplier").asInt());
        for (String queue : new String[] {"alpha", "beta"}) {
            if (settings.hasNonNull(queue)) {
                of.getMethod(queue, int.class).invoke(builder, settings.get(queue).asInt());
            }
        }
        return (Limit) of.getMethod("build").invoke(builder);
    }

    private static Limit windowed(JsonNode settings, Limit limit) {
        JsonNode windows = settings.get("windowed");
        if (windows == null) {
            return limit;
        }
        return WindowedLimit.newBuilder()
            .minWindowTime(windows.get("min_ms").asLong(), TimeUnit.MILLISECONDS)
            .maxWindowTime(windows.get("max_ms").asLong(), TimeUnit.MILLISECONDS)
            .windowSize(windows.get("samples").asInt())
            .minRttThreshold(windows.get("shortest_ns").asLong(), TimeUnit.NANOSECONDS)
            .build(limit);
    }
}
