import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/**
 * What hedges tell of a step: copies that were sent and calls that ended, as call, copy and instant.
 * Copies whose time has come are sent before a copy that ends at the same instant.
 */
final class Hedged {
    private final List<long[]> sent = new ArrayList<>();
    private final List<long[]> over = new ArrayList<>();

    void sent(long call, long copy, long at) {
        sent.add(new long[] {call, copy, at});
    }

    void over(long call, long copy, long at) {
        over.add(new long[] {call, copy, at});
    }

    /** What was told since the last time. */
    ObjectNode told() {
        ObjectNode told = Driver.JSON.createObjectNode();
        told.set("sent", sorted(sent));
        told.set("over", sorted(over));
        return told;
    }

    private static ArrayNode sorted(List<long[]> list) {
        list.sort(Arrays::compare);
        ArrayNode all = Driver.JSON.createArrayNode();
        for (long[] one : list) {
            ArrayNode numbers = all.addArray();
            Arrays.stream(one).forEach(numbers::add);
        }
        list.clear();
        return all;
    }

    /** The instant of a step. */
    static long at(JsonNode step) {
        return step.has("call") ? step.get("call").asLong() : step.get("ends").get("at").asLong();
    }
}
