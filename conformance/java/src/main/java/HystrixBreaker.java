import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.netflix.hystrix.ExecutionResult;
import com.netflix.hystrix.HystrixCircuitBreaker;
import com.netflix.hystrix.HystrixCommandGroupKey;
import com.netflix.hystrix.HystrixCommandKey;
import com.netflix.hystrix.HystrixCommandMetrics;
import com.netflix.hystrix.HystrixCommandProperties;
import com.netflix.hystrix.HystrixEventType;
import com.netflix.hystrix.HystrixThreadPoolKey;
import com.netflix.hystrix.metric.HystrixCommandCompletion;
import com.netflix.hystrix.metric.HystrixCommandCompletionStream;
import com.netflix.hystrix.strategy.properties.HystrixPropertiesCommandDefault;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import rx.plugins.RxJavaHooks;
import rx.schedulers.TestScheduler;

/**
 * Hystrix's circuit breaker and its stream of health counts, without commands and threads: what a
 * command tells them, in its order, is told here. Loaded by {@link VirtualTime}.
 */
public final class HystrixBreaker {
    private static int sequences;

    public static ArrayNode answers(JsonNode sequence) {
        JsonNode settings = sequence.get("settings");
        TestScheduler scheduler = new TestScheduler();
        RxJavaHooks.setOnComputationScheduler(any -> scheduler);
        VirtualTime.now = 0;
        HystrixCommandKey key = HystrixCommandKey.Factory.asKey("command" + sequences++);
        HystrixCommandGroupKey group = HystrixCommandGroupKey.Factory.asKey("group");
        HystrixThreadPoolKey pool = HystrixThreadPoolKey.Factory.asKey("pool");
        int bucket = settings.get("bucket_ms").asInt();
        HystrixCommandProperties properties = new HystrixPropertiesCommandDefault(
            key,
            HystrixCommandProperties.Setter()
                .withMetricsHealthSnapshotIntervalInMilliseconds(bucket)
                .withMetricsRollingStatisticalWindowInMilliseconds(
                    bucket * settings.get("buckets").asInt())
                .withCircuitBreakerRequestVolumeThreshold(settings.get("minimum").asInt())
                .withCircuitBreakerErrorThresholdPercentage(settings.get("percent").asInt())
                .withCircuitBreakerSleepWindowInMilliseconds(settings.get("sleep_ms").asInt()));
        HystrixCommandMetrics metrics =
            HystrixCommandMetrics.getInstance(key, group, pool, properties);
        HystrixCircuitBreaker breaker =
            HystrixCircuitBreaker.Factory.getInstance(key, group, properties, metrics);
        HystrixCommandCompletionStream stream = HystrixCommandCompletionStream.getInstance(key);
        Set<Integer> admitted = new HashSet<>();
        ArrayNode answers = Driver.JSON.createArrayNode();
        boolean closed = true;
        int index = 0;
        for (JsonNode step : sequence.get("steps")) {
            String kind = step.fieldNames().next();
            JsonNode value = step.get(kind);
            long at = kind.equals("call") ? value.asLong() : value.get(0).asLong();
            VirtualTime.now = at;
            scheduler.advanceTimeTo(at, TimeUnit.NANOSECONDS);
            if (kind.equals("call")) {
                boolean permitted = breaker.allowRequest();
                if (permitted) {
                    admitted.add(index);
                } else {
                    closed = false;
                }
                answers.add(permitted);
            } else if (!admitted.remove(value.get(1).asInt())) {
                answers.addNull();
            } else {
                HystrixEventType event = HystrixEventType.FAILURE;
                if (kind.equals("succeeds")) {
                    event = HystrixEventType.SUCCESS;
                    breaker.markSuccess();
                    // The new stream of health counts begins on another thread: before the event.
                    scheduler.triggerActions();
                    closed = true;
                } else if (kind.equals("ignored")) {
                    event = HystrixEventType.BAD_REQUEST;
                }
                ExecutionResult result = ExecutionResult.from(event);
                stream.write(HystrixCommandCompletion.from(result, key, pool));
                // Asking whether it is open would open it, so this follows from what it said.
                answers.add(closed);
            }
            index++;
        }
        return answers;
    }
}
