import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * Some classes of libraries read the clock or draw numbers and take neither from outside. They are
 * loaded with such calls in their bytes replaced by those of this class, and with semaphores and
 * queues on which threads wait in virtual time; everything else in them is the library's.
 */
public final class VirtualTime extends ClassLoader {
    /** Nanoseconds since the start of a sequence. */
    public static volatile long now;

    /** The number in [0, 1) that is drawn next. */
    public static double unit;

    /** Numbers in [0, 1) that are drawn in turn from ThreadLocalRandom, and how many have been. */
    public static JsonNode units;
    static int drawn;

    private static final String LIMITER =
        "io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter";

    private static final String HYSTRIX = "HystrixBreaker";

    private static final String PARTITIONED = "PartitionedLimiter";

    /** Beginnings of the names of these classes. */
    private static final List<String> CLASSES =
        List.of(
            LIMITER,
            "io.github.resilience4j.core.IntervalFunction",
            "com.netflix.concurrency.limits.limit.VegasLimit",
            "com.netflix.concurrency.limits.limiter.",
            PARTITIONED,
            "Held",
            HYSTRIX,
            "com.netflix.hystrix.",
            "io.github.resilience4j.bulkhead.internal.");

    /** The classes that are made in place of others. */
    private static final Map<String, String> MADE = Map.of(
        "java/util/concurrent/Semaphore", "VirtualSemaphore",
        "java/util/concurrent/ArrayBlockingQueue", "VirtualQueue",
        "java/util/concurrent/SynchronousQueue", "VirtualQueue");

    private static final String THREAD_RANDOM = "java/util/concurrent/ThreadLocalRandom";

    /** The calls that are replaced, by the name of their replacement here. */
    private static final Map<String, String> CALLS = Map.of(
        "java/lang/System.nanoTime()J", "nanoTime",
        "java/lang/System.currentTimeMillis()J", "currentTimeMillis",
        "java/lang/Math.random()D", "random",
        THREAD_RANDOM + ".nextDouble(DD)D", "nextDouble",
        "java/util/concurrent/TimeUnit.sleep(J)V", "sleep");

    /** Threads that sleep, with the instants at which they wake. */
    private static final Map<Thread, Long> SLEEPING = new LinkedHashMap<>();

    private static final VirtualTime LOADER = new VirtualTime();

    private VirtualTime() {
        super(VirtualTime.class.getClassLoader());
    }

    public static long nanoTime() {
        return now;
    }

    public static long currentTimeMillis() {
        return now / 1_000_000;
    }

    /** Sleeps until {@link #wake}. */
    public static void sleep(TimeUnit unit, long time) throws InterruptedException {
        synchronized (SLEEPING) {
            SLEEPING.put(Thread.currentThread(), now + unit.toNanos(time));
            while (SLEEPING.containsKey(Thread.currentThread())) {
                SLEEPING.wait();
            }
        }
    }

    public static boolean sleeps(Thread thread) {
        synchronized (SLEEPING) {
            return SLEEPING.containsKey(thread);
        }
    }

    /** Wakes the thread whose sleep is over first, if one is over at this instant, at its end. */
    public static Thread wake(long at) {
        synchronized (SLEEPING) {
            Map.Entry<Thread, Long> first = null;
            for (Map.Entry<Thread, Long> next : SLEEPING.entrySet()) {
                if (first == null || next.getValue() < first.getValue()) {
                    first = next;
                }
            }
            if (first == null || first.getValue() > at) {
                return null;
            }
            now = first.getValue();
            Thread woken = first.getKey();
            SLEEPING.remove(woken);
            SLEEPING.notifyAll();
            return woken;
        }
    }

    static ArrayNode hystrix(JsonNode sequence) throws Exception {
        return answers(HYSTRIX, sequence);
    }

    static ArrayNode partitioned(JsonNode sequence) throws Exception {
        ArrayNode answers = answers(PARTITIONED, sequence);
        for (Thread woken = wake(Long.MAX_VALUE); woken != null; woken = wake(Long.MAX_VALUE)) {
            woken.join();
        }
        return answers;
    }

    private static ArrayNode answers(String of, JsonNode sequence) throws Exception {
        return (ArrayNode) load(of).getMethod("answers", JsonNode.class).invoke(null, sequence);
    }

    public static double random() {
        return unit;
    }

    /** As ThreadLocalRandom makes it of a number in [0, 1). */
    public static double nextDouble(ThreadLocalRandom random, double origin, double bound) {
        double drawnUnit = units.get(drawn++ % units.size()).asDouble();
        return drawnUnit * (bound - origin) + origin;
    }

    static Class<?> load(String name) throws ClassNotFoundException {
        return LOADER.loadClass(name);
    }

    static RateLimiter atomicRateLimiter(RateLimiterConfig config) throws Exception {
        return (RateLimiter) load(LIMITER)
            .getConstructor(String.class, RateLimiterConfig.class)
            .newInstance("limiter", config);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (CLASSES.stream().noneMatch(name::startsWith)) {
            return super.loadClass(name, resolve);
        }
        Class<?> loaded = findLoadedClass(name);
        return loaded != null ? loaded : rewritten(name);
    }

    private Class<?> rewritten(String name) throws ClassNotFoundException {
        String file = name.replace('.', '/') + ".class";
        try (InputStream bytes = getParent().getResourceAsStream(file)) {
            ClassReader reader = new ClassReader(bytes);
            ClassWriter writer = new ClassWriter(0);
            reader.accept(new Rewriter(writer), 0);
            byte[] changed = writer.toByteArray();
            return defineClass(name, changed, 0, changed.length);
        } catch (java.io.IOException why) {
            throw new ClassNotFoundException(name, why);
        }
    }

    private static final class Rewriter extends ClassVisitor {
        Rewriter(ClassVisitor next) {
            super(Opcodes.ASM9, next);
        }

        @Override
        public MethodVisitor visitMethod(
                int access, String name, String type, String signature, String[] exceptions) {
            MethodVisitor next = super.visitMethod(access, name, type, signature, exceptions);
            return new MethodVisitor(Opcodes.ASM9, next) {
                @Override
                public void visitTypeInsn(int code, String of) {
                    boolean made = code == Opcodes.NEW;
                    super.visitTypeInsn(code, made ? MADE.getOrDefault(of, of) : of);
                }

                @Override
                public void visitMethodInsn(
                        int code, String owner, String method, String of, boolean isInterface) {
                    String replacement = CALLS.get(owner + "." + method + of);
                    if (method.equals("<init>")) {
                        String made = MADE.getOrDefault(owner, owner);
                        super.visitMethodInsn(code, made, method, of, isInterface);
                    } else if (replacement == null) {
                        super.visitMethodInsn(code, owner, method, of, isInterface);
                    } else {
                        // The receiver of a call becomes its first argument.
                        String all = code == Opcodes.INVOKESTATIC
                            ? of
                            : "(L" + owner + ";" + of.substring(1);
                        super.visitMethodInsn(
                            Opcodes.INVOKESTATIC, "VirtualTime", replacement, all, false);
                    }
                }
            };
        }
    }
}
