import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.twitter.finagle.service.RetryBudget;
import com.twitter.finagle.service.RetryBudget$;
import com.twitter.util.Duration;
import java.util.HashSet;
import java.util.Set;
import scala.runtime.AbstractFunction0;

/** Finagle's retry budget, which takes the clock as a function. */
final class FinagleBudget {
    private static final long MS = 1_000_000;

    static ArrayNode answers(JsonNode sequence) {
        JsonNode settings = sequence.get("settings");
        long[] now = {0};
        RetryBudget budget = RetryBudget$.MODULE$.apply(
            Duration.fromSeconds(settings.get("ttl_s").asInt()),
            settings.get("per_s").asInt(),
            settings.get("ratio").asDouble(),
            new AbstractFunction0<Object>() {
                @Override
                public Object apply() {
                    return now[0] / MS;
                }
            });
        Set<Integer> calls = new HashSet<>();
        ArrayNode answers = Driver.JSON.createArrayNode();
        int index = 0;
        for (JsonNode step : sequence.get("steps")) {
            if (step.has("call")) {
                calls.add(index);
                answers.add(0);
            } else {
                JsonNode end = step.get("ends");
                now[0] = end.get("at").asLong();
                int call = end.get("call").asInt();
                boolean fails = !end.get("outcome").isNull();
                if (!calls.contains(call)) {
                    answers.addNull();
                } else if (!fails) {
                    budget.deposit();
                    calls.remove(call);
                    answers.addNull();
                } else if (budget.tryWithdraw()) {
                    answers.add(0);
                } else {
                    calls.remove(call);
                    answers.addNull();
                }
            }
            index++;
        }
        return answers;
    }
}
