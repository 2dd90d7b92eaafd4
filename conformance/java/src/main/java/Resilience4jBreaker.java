import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** resilience4j's circuit breaker. */
final class Resilience4jBreaker {
    private static final class Ignored extends RuntimeException {}

    static ArrayNode answers(JsonNode sequence) {
        JsonNode settings = sequence.get("settings");
        Standing clock = new Standing();
        CircuitBreakerConfig.Builder config = CircuitBreakerConfig.custom()
            .clock(clock)
            .currentTimestampFunction(any -> clock.ns, TimeUnit.NANOSECONDS)
            .ignoreExceptions(Ignored.class)
            .slidingWindow(
                settings.get("window").asInt(),
                settings.get("minimum").asInt(),
                settings.get("time_based").asBoolean()
                    ? CircuitBreakerConfig.SlidingWindowType.TIME_BASED
                    : CircuitBreakerConfig.SlidingWindowType.COUNT_BASED,
                CircuitBreakerConfig.SlidingWindowSynchronizationStrategy.SYNCHRONIZED)
            .failureRateThreshold(settings.get("failure_rate").asInt())
            .permittedNumberOfCallsInHalfOpenState(settings.get("trials").asInt())
            .slowCallDurationThreshold(Duration.ofMillis(settings.get("slow_ms").asLong()))
            .slowCallRateThreshold(settings.get("slow_rate").asInt());
        long openMs = settings.get("open_ms").asLong();
        if (settings.get("grows").asBoolean()) {
            config.waitIntervalFunctionInOpenState(
                IntervalFunction.ofExponentialBackoff(openMs, 2, 8 * openMs));
        } else {
            config.waitDurationInOpenState(Duration.ofMillis(openMs));
        }
        CircuitBreaker breaker = CircuitBreaker.of("breaker", config.build());
        Map<Integer, Long> admitted = new HashMap<>();
        ArrayNode answers = Driver.JSON.createArrayNode();
        int index = 0;
        for (JsonNode step : sequence.get("steps")) {
            if (step.has("call")) {
                clock.ns = step.get("call").asLong();
                boolean permitted = breaker.tryAcquirePermission();
                if (permitted) {
                    admitted.put(index, clock.ns);
                }
                answers.add(permitted);
            } else {
                String kind = step.fieldNames().next();
                JsonNode ends = step.get(kind);
                clock.ns = ends.get(0).asLong();
                Long since = admitted.remove(ends.get(1).asInt());
                if (since == null) {
                    answers.addNull();
                } else {
                    long took = clock.ns - since;
                    switch (kind) {
                        case "fails" ->
                            breaker.onError(took, TimeUnit.NANOSECONDS, new RuntimeException());
                        case "ignored" ->
                            breaker.onError(took, TimeUnit.NANOSECONDS, new Ignored());
                        default -> breaker.onSuccess(took, TimeUnit.NANOSECONDS);
                    }
                    answers.add(breaker.getState() == CircuitBreaker.State.CLOSED);
                }
            }
            index++;
        }
        return answers;
    }
}
