import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.resilience4j.hedge.Hedge;
import io.github.resilience4j.hedge.HedgeConfig;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import virtual.VirtualPool;

/**
 * resilience4j's hedge of completion stages. It is compiled of its sources, in which the pool of
 * threads and the clock are replaced: conformance/src/process.rs.
 */
public final class Resilience4jHedge {
    /** What a copy that fails throws. */
    private static final class Failed extends RuntimeException {
        private final int copy;

        Failed(int copy) {
            this.copy = copy;
        }
    }

    public static ArrayNode answers(JsonNode sequence) {
        Hedge hedge = Hedge.of("hedge", config(sequence.get("settings")));
        VirtualPool pool = VirtualPool.latest;
        Hedged hedged = new Hedged();
        Map<List<Integer>, CompletableFuture<Integer>> out = new HashMap<>();
        ArrayNode answers = Driver.JSON.createArrayNode();
        int index = 0;
        for (JsonNode step : sequence.get("steps")) {
            pool.advanceTo(Hedged.at(step));
            if (step.has("call")) {
                int call = index;
                int[] copies = new int[1];
                Supplier<CompletionStage<Integer>> copy = () -> {
                    CompletableFuture<Integer> future = new CompletableFuture<>();
                    out.put(List.of(call, copies[0]), future);
                    hedged.sent(call, copies[0]++, pool.now);
                    return future;
                };
                hedge.decorateCompletionStage(copy).get().whenComplete((winner, why) ->
                    hedged.over(call, why == null ? winner : failed(why), pool.now));
            } else {
                JsonNode end = step.get("ends");
                int copy = end.path("copy").asInt(0);
                CompletableFuture<Integer> of = out.remove(List.of(end.get("call").asInt(), copy));
                if (of != null && end.get("outcome").isNull()) {
                    of.complete(copy);
                } else if (of != null) {
                    of.completeExceptionally(new Failed(copy));
                }
            }
            pool.advanceTo(pool.now);
            answers.add(hedged.told());
            index++;
        }
        return answers;
    }

    private static int failed(Throwable why) {
        Throwable cause = why;
        while (cause instanceof CompletionException) {
            cause = cause.getCause();
        }
        return ((Failed) cause).copy;
    }

    private static HedgeConfig config(JsonNode settings) {
        int factor = settings.get("factor").asInt();
        boolean failures = settings.get("failures").asBoolean();
        HedgeConfig.Builder builder = HedgeConfig.custom();
        switch (settings.get("kind").asText()) {
            case "cutoff":
                return builder.preconfiguredDuration(Duration.ofMillis(factor)).build();
            case "percent":
                return builder.averagePlusPercentageDuration(factor, failures).build();
            default:
                int window = settings.get("window").asInt();
                return builder.averagePlusAmountDuration(factor, failures, window).build();
        }
    }
}
