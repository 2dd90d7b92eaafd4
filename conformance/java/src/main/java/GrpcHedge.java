import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.inprocess.InProcessChannelBuilder;
import io.grpc.inprocess.InProcessServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import virtual.VirtualScheduler;

/**
 * grpc-java's hedging: a client and a server in this process, on one thread, with a scheduler of
 * virtual time. The server answers as it is told.
 */
final class GrpcHedge {
    private static final Metadata.Key<String> CALL = key("call");
    private static final Metadata.Key<String> COPY = key("copy");
    private static final Metadata.Key<String> ATTEMPTS = key("grpc-previous-rpc-attempts");
    private static final Metadata.Key<String> PUSHBACK = key("grpc-retry-pushback-ms");

    private static final MethodDescriptor<byte[], byte[]> METHOD =
        MethodDescriptor.<byte[], byte[]>newBuilder()
            .setType(MethodDescriptor.MethodType.UNARY)
            .setFullMethodName("service/method")
            .setRequestMarshaller(new Empty())
            .setResponseMarshaller(new Empty())
            .build();

    private static int sequences;

    private final VirtualScheduler scheduler = new VirtualScheduler();
    private final Hedged hedged = new Hedged();
    /** Copies at the server, by call and copy. */
    private final Map<List<Integer>, ServerCall<byte[], byte[]>> out = new HashMap<>();
    /** Calls under way. */
    private final Map<Integer, ClientCall<byte[], byte[]>> calls = new TreeMap<>();

    private GrpcHedge() {}

    static ArrayNode answers(JsonNode sequence) throws Exception {
        return new GrpcHedge().play(sequence);
    }

    private ArrayNode play(JsonNode sequence) throws Exception {
        String name = "server" + sequences++;
        Server server = InProcessServerBuilder.forName(name)
            .directExecutor()
            .scheduledExecutorService(scheduler)
            .fallbackHandlerRegistry(new Registry())
            .build()
            .start();
        ManagedChannel channel = InProcessChannelBuilder.forName(name)
            .directExecutor()
            .scheduledExecutorService(scheduler)
            .enableRetry()
            .maxHedgedAttempts(5)
            .idleTimeout(400, TimeUnit.DAYS)
            .defaultServiceConfig(config(sequence.get("settings")))
            .build();
        channel.getState(true);
        scheduler.advanceTo(0);
        ArrayNode answers = Driver.JSON.createArrayNode();
        int index = 0;
        for (JsonNode step : sequence.get("steps")) {
            scheduler.advanceTo(Hedged.at(step));
            scheduler.owner = step.has("call") ? index : step.get("ends").get("call").asInt();
            if (step.has("call")) {
                call(channel, index);
            } else {
                end(step.get("ends"));
            }
            scheduler.advanceTo(scheduler.now);
            if (step.has("ends")) {
                endForgotten(step.get("ends"));
            }
            answers.add(hedged.told());
            index++;
        }
        channel.shutdownNow();
        server.shutdownNow();
        return answers;
    }

    private static Map<String, ?> config(JsonNode settings) {
        Map<String, Object> policy = Map.of(
            "maxAttempts", settings.get("attempts").asDouble(),
            "hedgingDelay", settings.get("after_ms").asInt() / 1e3 + "s",
            "nonFatalStatusCodes", List.of("UNAVAILABLE"));
        Map<String, Object> config = new HashMap<>();
        Map<String, Object> method = Map.of("name", List.of(Map.of()), "hedgingPolicy", policy);
        config.put("methodConfig", List.of(method));
        if (settings.has("max_tokens")) {
            config.put("retryThrottling", Map.of(
                "maxTokens", settings.get("max_tokens").asDouble(),
                "tokenRatio", settings.get("token_ratio").asDouble()));
        }
        return config;
    }

    private void call(ManagedChannel channel, int index) {
        Metadata headers = new Metadata();
        headers.put(CALL, Integer.toString(index));
        ClientCall<byte[], byte[]> call = channel.newCall(METHOD, CallOptions.DEFAULT);
        calls.put(index, call);
        call.start(new ClientCall.Listener<byte[]>() {
            @Override
            public void onClose(Status status, Metadata trailers) {
                if (calls.remove(index) == null) {
                    return;
                }
                String copy = trailers.get(COPY);
                if (copy != null) {
                    hedged.over(index, Long.parseLong(copy), scheduler.now);
                }
            }
        }, headers);
        call.request(1);
        call.sendMessage(new byte[0]);
        call.halfClose();
    }

    private void end(JsonNode end) {
        String copy = end.has("copy") ? end.get("copy").asText() : "0";
        ServerCall<byte[], byte[]> of =
            out.remove(List.of(end.get("call").asInt(), Integer.parseInt(copy)));
        if (of == null) {
            return;
        }
        Metadata trailers = new Metadata();
        trailers.put(COPY, copy);
        if (end.get("outcome").isNull()) {
            of.sendHeaders(new Metadata());
            of.sendMessage(new byte[0]);
            of.close(Status.OK, trailers);
            return;
        }
        if (end.has("named")) {
            long named = end.get("named").asLong();
            trailers.put(PUSHBACK, Long.toString(named < 0 ? -1 : named / 1_000_000));
        }
        boolean shed = end.get("outcome").asText().equals("Shed");
        of.close(shed ? Status.RESOURCE_EXHAUSTED : Status.UNAVAILABLE, trailers);
    }

    /**
     * A call that began while it was throttled, and whose copy fails when it no longer is, is never
     * answered: nothing is out and nothing will come. It is taken as ended by that failure.
     */
    private void endForgotten(JsonNode end) {
        int call = end.get("call").asInt();
        boolean isOut = out.keySet().stream().anyMatch(copy -> copy.get(0) == call);
        if (calls.containsKey(call) && !isOut && !scheduler.awaits(call)) {
            hedged.over(call, end.path("copy").asLong(0), scheduler.now);
            calls.remove(call).cancel("forgotten", null);
        }
    }

    /** All methods. */
    private final class Registry extends HandlerRegistry {
        @Override
        public ServerMethodDefinition<?, ?> lookupMethod(String method, String authority) {
            return ServerMethodDefinition.create(METHOD, GrpcHedge.this::serve);
        }
    }

    private ServerCall.Listener<byte[]> serve(ServerCall<byte[], byte[]> call, Metadata headers) {
        int number = Integer.parseInt(headers.get(CALL));
        String attempts = headers.get(ATTEMPTS);
        int copy = attempts == null ? 0 : Integer.parseInt(attempts);
        List<Integer> key = List.of(number, copy);
        out.put(key, call);
        hedged.sent(number, copy, scheduler.now);
        call.request(1);
        return new ServerCall.Listener<byte[]>() {
            @Override
            public void onCancel() {
                out.remove(key);
            }
        };
    }

    /** Messages of no bytes. */
    private static final class Empty implements MethodDescriptor.Marshaller<byte[]> {
        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            return new byte[0];
        }
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
