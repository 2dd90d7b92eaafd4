import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Asks resilience4j: reads sequences, a line each, and writes their answers, a line each. */
public final class Driver {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long MS = 1_000_000;

    public static void main(String[] args) throws Exception {
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            JsonNode sequence = JSON.readTree(line);
            boolean limits = sequence.get("settings").has("limit");
            System.out.println(JSON.writeValueAsString(limits ? rateLimit(sequence) : breaker(sequence)));
        }
    }

    /** The limiter, which knows no clock but System.nanoTime, is asked without blocking. */
    private static ArrayNode rateLimit(JsonNode sequence) throws Exception {
        JsonNode settings = sequence.get("settings");
        RateLimiterConfig config = RateLimiterConfig.custom()
            .limitForPeriod(settings.get("limit").asInt())
            .limitRefreshPeriod(Duration.ofNanos(settings.get("window_ns").asLong()))
            .timeoutDuration(Duration.ofNanos(settings.get("max_wait_ns").asLong()))
            .build();
        VirtualTime.now = 0;
        RateLimiter limiter = VirtualTime.atomicRateLimiter(config);
        ArrayNode answers = JSON.createArrayNode();
        for (JsonNode step : sequence.get("steps")) {
            VirtualTime.now = step.get("call").asLong();
            long wait = limiter.reservePermission(1);
            if (wait < 0) {
                answers.addNull();
            } else {
                answers.add(wait);
            }
        }
        return answers;
    }

    /** A clock that stands where it was put. */
    private static final class Standing extends Clock {
        private long ns;

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochSecond(0, ns);
        }
    }

    private static ArrayNode breaker(JsonNode sequence) {
        JsonNode settings = sequence.get("settings");
        Standing clock = new Standing();
        CircuitBreakerConfig.Builder config = CircuitBreakerConfig.custom()
            .clock(clock)
            .currentTimestampFunction(any -> clock.ns, TimeUnit.NANOSECONDS)
            .slidingWindow(
                settings.get("window").asInt(),
                settings.get("minimum").asInt(),
                settings.get("time_based").asBoolean()
                    ? CircuitBreakerConfig.SlidingWindowType.TIME_BASED
                    : CircuitBreakerConfig.SlidingWindowType.COUNT_BASED,
                CircuitBreakerConfig.SlidingWindowSynchronizationStrategy.SYNCHRONIZED)
            .failureRateThreshold(settings.get("failure_rate").asInt())
            .waitDurationInOpenState(Duration.ofMillis(settings.get("open_ms").asLong()))
            .permittedNumberOfCallsInHalfOpenState(settings.get("trials").asInt())
            .slowCallDurationThreshold(Duration.ofMillis(settings.get("slow_ms").asLong()))
            .slowCallRateThreshold(settings.get("slow_rate").asInt());
        CircuitBreaker breaker = CircuitBreaker.of("breaker", config.build());
        Map<Integer, Long> admitted = new HashMap<>();
        ArrayNode answers = JSON.createArrayNode();
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
                boolean fails = step.has("fails");
                JsonNode ends = step.get(fails ? "fails" : "succeeds");
                clock.ns = ends.get(0).asLong();
                Long since = admitted.remove(ends.get(1).asInt());
                if (since == null) {
                    answers.addNull();
                } else {
                    long took = clock.ns - since;
                    if (fails) {
                        breaker.onError(took, TimeUnit.NANOSECONDS, new RuntimeException("failure"));
                    } else {
                        breaker.onSuccess(took, TimeUnit.NANOSECONDS);
                    }
                    answers.add(breaker.getState() == CircuitBreaker.State.CLOSED);
                }
            }
            index++;
        }
        return answers;
    }
}
