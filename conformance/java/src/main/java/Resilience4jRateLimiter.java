import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.time.Duration;

/** resilience4j's rate limiter. */
final class Resilience4jRateLimiter {
    /** The limiter, which knows no clock but System.nanoTime, is asked without blocking. */
    static ArrayNode answers(JsonNode sequence) throws Exception {
        JsonNode settings = sequence.get("settings");
        RateLimiterConfig config = RateLimiterConfig.custom()
            .limitForPeriod(settings.get("limit").asInt())
            .limitRefreshPeriod(Duration.ofNanos(settings.get("window_ns").asLong()))
            .timeoutDuration(Duration.ofNanos(settings.get("max_wait_ns").asLong()))
            .build();
        VirtualTime.now = 0;
        RateLimiter limiter = VirtualTime.atomicRateLimiter(config);
        ArrayNode answers = Driver.JSON.createArrayNode();
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
}
