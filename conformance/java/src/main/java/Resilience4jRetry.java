import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.resilience4j.core.IntervalFunction;
import io.github.resilience4j.retry.Retry;
import io.github.resilience4j.retry.RetryConfig;
import java.lang.reflect.Method;
import java.util.HashMap;
import java.util.Map;

/** resilience4j's retry, whose asynchronous form says how long it waits. */
final class Resilience4jRetry {
    private static final long MS = 1_000_000;

    static ArrayNode answers(JsonNode sequence) throws Exception {
        JsonNode settings = sequence.get("settings");
        Retry retry = Retry.of("retry", RetryConfig.custom()
            .maxAttempts(settings.get("attempts").asInt())
            .intervalFunction(interval(settings))
            .build());
        Map<Integer, Retry.AsyncContext<Object>> calls = new HashMap<>();
        ArrayNode answers = Driver.JSON.createArrayNode();
        int index = 0;
        for (JsonNode step : sequence.get("steps")) {
            if (step.has("call")) {
                calls.put(index, retry.asyncContext());
                answers.add(0);
            } else {
                JsonNode end = step.get("ends");
                int call = end.get("call").asInt();
                VirtualTime.unit = end.get("unit").asDouble();
                Retry.AsyncContext<Object> context = calls.remove(call);
                if (context == null || end.get("outcome").isNull()) {
                    answers.addNull();
                } else {
                    long wait = context.onError(new RuntimeException("failure"));
                    if (wait < 0) {
                        answers.addNull();
                    } else {
                        calls.put(call, context);
                        answers.add(wait * MS);
                    }
                }
            }
            index++;
        }
        return answers;
    }

    /** The function of the library, made by its classes as they are loaded with a given random. */
    private static IntervalFunction interval(JsonNode settings) throws Exception {
        long base = settings.get("base_ms").asLong();
        double multiplier = settings.get("multiplier").asDouble();
        double jitter = settings.get("jitter").asDouble();
        Class<?> functions = VirtualTime.load("io.github.resilience4j.core.IntervalFunction");
        Class<?> whole = long.class;
        Class<?> real = double.class;
        Object made;
        if (jitter == 0 && settings.get("cap_ms").isNull()) {
            made = functions.getMethod("ofExponentialBackoff", whole, real)
                .invoke(null, base, multiplier);
        } else if (jitter == 0) {
            made = functions.getMethod("ofExponentialBackoff", whole, real, whole)
                .invoke(null, base, multiplier, settings.get("cap_ms").asLong());
        } else if (settings.get("cap_ms").isNull()) {
            made = functions.getMethod("ofExponentialRandomBackoff", whole, real, real)
                .invoke(null, base, multiplier, jitter);
        } else {
            made = functions.getMethod("ofExponentialRandomBackoff", whole, real, real, whole)
                .invoke(null, base, multiplier, jitter, settings.get("cap_ms").asLong());
        }
        Method apply = functions.getMethod("apply", Object.class);
        return attempt -> {
            try {
                return (Long) apply.invoke(made, attempt);
            } catch (ReflectiveOperationException why) {
                throw new IllegalStateException(why);
            }
        };
    }
}
