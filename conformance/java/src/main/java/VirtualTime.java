import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterConfig;
import java.io.InputStream;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;

/**
 * AtomicRateLimiter reads System.nanoTime and takes no clock. It is loaded with this one call in its
 * bytes replaced by {@link #nanoTime}; everything else in it is the library's.
 */
public final class VirtualTime extends ClassLoader {
    /** Nanoseconds since the start of a sequence. */
    public static long now;

    private static final String LIMITER =
        "io.github.resilience4j.ratelimiter.internal.AtomicRateLimiter";
    private static final VirtualTime LOADER = new VirtualTime();

    private VirtualTime() {
        super(VirtualTime.class.getClassLoader());
    }

    public static long nanoTime() {
        return now;
    }

    static RateLimiter atomicRateLimiter(RateLimiterConfig config) throws Exception {
        return (RateLimiter) LOADER.loadClass(LIMITER)
            .getConstructor(String.class, RateLimiterConfig.class)
            .newInstance("limiter", config);
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith(LIMITER)) {
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
                public void visitMethodInsn(
                        int code, String owner, String method, String of, boolean isInterface) {
                    boolean clock = owner.equals("java/lang/System") && method.equals("nanoTime");
                    super.visitMethodInsn(code, clock ? "VirtualTime" : owner, method, of, isInterface);
                }
            };
        }
    }
}
