import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.Map;

/**
 * Asks the library that its argument names: reads sequences, a line each, and writes their answers,
 * a line each.
 */
public final class Driver {
    public static final ObjectMapper JSON = new ObjectMapper();

    /** A library: from a sequence to its answers. */
    private interface Library {
        ArrayNode answers(JsonNode sequence) throws Exception;
    }

    private static final Map<String, Library> LIBRARIES = Map.ofEntries(
        Map.entry("resilience4j-ratelimiter", Resilience4jRateLimiter::answers),
        Map.entry("resilience4j-breaker", Resilience4jBreaker::answers),
        Map.entry("resilience4j-bulkhead", Resilience4jBulkheads::semaphore),
        Map.entry("resilience4j-thread-pool", Resilience4jBulkheads::threadPool),
        Map.entry("resilience4j-retry", Resilience4jRetry::answers),
        Map.entry("resilience4j-hedge", Driver::resilience4jHedge),
        Map.entry("grpc-java-hedge", GrpcHedge::answers),
        Map.entry("finagle-budget", FinagleBudget::answers),
        Map.entry("netflix-aimd", NetflixLimits::answers),
        Map.entry("netflix-vegas", NetflixLimits::answers),
        Map.entry("netflix-gradient2", NetflixLimits::answers),
        Map.entry("netflix-windowed", NetflixLimits::answers),
        Map.entry("netflix-partitioned", VirtualTime::partitioned),
        Map.entry("hystrix", VirtualTime::hystrix));

    /** Compiled apart, with the sources of the module that is in no registry. */
    private static ArrayNode resilience4jHedge(JsonNode sequence) throws Exception {
        return (ArrayNode) Class.forName("Resilience4jHedge")
            .getMethod("answers", JsonNode.class)
            .invoke(null, sequence);
    }

    public static void main(String[] args) throws Exception {
        Library library = LIBRARIES.get(args[0]);
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            System.out.println(JSON.writeValueAsString(library.answers(JSON.readTree(line))));
        }
    }
}
