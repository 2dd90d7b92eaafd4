import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Set;

/**
 * Calls that a bulkhead holds until the sequence ends them, on threads of their own, one of which
 * moves at a time: the next step begins when all threads stand still.
 */
abstract class Held {
    /** Calls by the step at which they came, which have a permit or a thread. */
    final Set<Integer> inside = new HashSet<>();

    private ArrayNode starts;
    private ArrayNode refused;
    private JsonNode steps;

    /** Offers the call of this step. */
    abstract void call(int index) throws Exception;

    /** Ends a call that is inside: it "succeeds", "fails" or is "ignored". */
    abstract void end(int index, String how) throws Exception;

    /** Ends waits that are over at this instant, each at its own. */
    abstract void expire(long at) throws Exception;

    /** Waits until nothing moves. */
    abstract void settle() throws Exception;

    synchronized void starts(int index) {
        inside.add(index);
        starts.addArray().add(index).add(waited(index));
        notifyAll();
    }

    synchronized void refuses(int index) {
        refused.addArray().add(index).add(waited(index));
        notifyAll();
    }

    private long waited(int index) {
        return VirtualTime.now - at(steps.get(index));
    }

    private static long at(JsonNode step) {
        JsonNode value = step.elements().next();
        return value.isArray() ? value.get(0).asLong() : value.asLong();
    }

    ArrayNode play(JsonNode sequence) throws Exception {
        steps = sequence.get("steps");
        VirtualTime.now = 0;
        ArrayNode answers = Driver.JSON.createArrayNode();
        for (int index = 0; index < steps.size(); index++) {
            ObjectNode answer = answers.addObject();
            starts = answer.putArray("starts");
            refused = answer.putArray("refused");
            JsonNode step = steps.get(index);
            expire(at(step));
            VirtualTime.now = at(step);
            String kind = step.fieldNames().next();
            if (kind.startsWith("call")) {
                call(index);
            } else if (inside.remove(step.get(kind).get(1).asInt())) {
                end(step.get(kind).get(1).asInt(), kind);
            }
            settle();
        }
        starts = Driver.JSON.createArrayNode();
        refused = Driver.JSON.createArrayNode();
        return answers;
    }
}
