package io.cordwood.chaos.planted;

import static net.bytebuddy.matcher.ElementMatchers.hasDescriptor;
import static net.bytebuddy.matcher.ElementMatchers.is;
import static net.bytebuddy.matcher.ElementMatchers.named;

import java.io.IOException;
import java.lang.instrument.ClassFileTransformer;
import java.security.ProtectionDomain;
import java.util.Optional;
import net.bytebuddy.ByteBuddy;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.method.MethodDescription;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.ClassFileLocator;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.implementation.Implementation;
import net.bytebuddy.implementation.MethodCall;
import net.bytebuddy.pool.TypePool;
import org.jspecify.annotations.Nullable;

/**
 * Changes the class of one bug when it is loaded, and the one method in it.
 *
 * <p>Invariant: the server's classes are looked at as bytes; none is loaded for it, as it would not be
 * changed then.
 *
 * <p><b>Thread:</b> any; immutable.
 */
final class PlantedClass implements ClassFileTransformer {
    private final PlantedBug bug;
    private final ClassFileLocator classPath;

    private PlantedClass(PlantedBug bug, ClassFileLocator classPath) {
        this.bug = bug;
        this.classPath = classPath;
    }

    /**
     * Looks for the class and changes it once for nothing: what fails shall fail at the start of the process and
     * not when the class is needed.
     *
     * @throws IllegalStateException where the class or its method is not there
     */
    static PlantedClass of(PlantedBug bug, ClassLoader classes) throws IOException {
        var planted = new PlantedClass(bug, ClassFileLocator.ForClassLoader.of(classes));
        var found = planted.classPath.locate(bug.seam().className());
        if (!found.isResolved()) {
            throw planted.outOfDate("there is no such class");
        }
        planted.change(found.resolve());
        return planted;
    }

    @Override
    public byte @Nullable [] transform(
            @Nullable ClassLoader loader,
            @Nullable String className,
            @Nullable Class<?> redefined,
            @Nullable ProtectionDomain domain,
            byte[] bytes) {
        if (!bug.seam().internalName().equals(className)) {
            return null;
        }
        try {
            return change(bytes);
        } catch (RuntimeException | Error e) {
            PlantedAgent.end(e);
            throw e; // where the JVM takes it for nothing
        }
    }

    /** @throws IllegalStateException where the method is not there */
    byte[] change(byte[] classFile) {
        var name = bug.seam().className();
        var locator = new ClassFileLocator.Compound(ClassFileLocator.Simple.of(name, classFile), classPath);
        var types = TypePool.Default.of(locator);
        var type = types.describe(name).resolve();
        var methods = type.getDeclaredMethods()
                .filter(named(bug.seam().method()).and(hasDescriptor(bug.seam().descriptor())));
        if (methods.size() != 1) {
            throw outOfDate("the class has no such method");
        }
        var builder = new ByteBuddy().redefine(type, locator);
        var changed = new Change(types, locator, type, methods.getOnly()).of(bug, builder);
        return changed.make(types).getBytes();
    }

    private IllegalStateException outOfDate(String why) {
        return new IllegalStateException("the bug " + bug + " belongs into " + bug.seam() + ": " + why
                + ". Where the code was changed, the bug must be planted at its new place");
    }

    /** What becomes of the method. */
    private record Change(TypePool types, ClassFileLocator locator, TypeDescription type, MethodDescription method) {
        DynamicType.Builder<?> of(PlantedBug bug, DynamicType.Builder<?> builder) {
            return switch (bug) {
                case ACK_BEFORE_FORCE -> advised(builder, SkippedForce.class.getName());
                case PRODUCERS_MISSING_FROM_CHECKPOINT -> advised(builder, ForgottenProducers.class.getName());
                case TAIL_KEPT_OVER_TERM_CHANGE -> advised(builder, KeptTail.class.getName());
                case COMMITS_OF_ANY_EPOCH -> advised(builder, ForgottenEpochs.class.getName());
                case READ_PAST_HIGH_WATERMARK -> replaced(bug, builder, writtenEnd());
                case CATCH_UP_CUTS_AT_OWN_HIGH_WATERMARK -> replaced(bug, builder, ownPrints());
                case COMMITS_OF_ANYBODY -> replaced(bug, builder, noRefusal());
                case COMMIT_BEFORE_PROCESSING -> replaced(bug, builder, position());
            };
        }

        private DynamicType.Builder<?> advised(DynamicType.Builder<?> builder, String advice) {
            return builder.visit(
                    Advice.to(types.describe(advice).resolve(), locator).on(is(method)));
        }

        private DynamicType.Builder<?> replaced(
                PlantedBug bug, DynamicType.Builder<?> builder, Implementation.Composable answer) {
            var reached = only(PlantedAgent.class.getName(), "reached");
            return builder.method(is(method))
                    .intercept(MethodCall.invoke(reached).with(bug.optionName()).andThen(answer));
        }

        private Implementation.Composable writtenEnd() {
            var log = MethodCall.invoke(only("io.cordwood.raft.ReplicaState", "log"))
                    .onField("state");
            return MethodCall.invoke(only("io.cordwood.store.PartitionLog", "writtenEndOffset"))
                    .onMethodCall(log);
        }

        private Implementation.Composable ownPrints() {
            return MethodCall.invoke(only(type.getName(), "ownPrints")).withAllArguments();
        }

        private Implementation.Composable noRefusal() {
            return MethodCall.invoke(only(Optional.class.getName(), "empty"));
        }

        private Implementation.Composable position() {
            return MethodCall.invoke(only(type.getName(), "position"));
        }

        private MethodDescription only(String className, String name) {
            var found = types.describe(className).resolve().getDeclaredMethods().filter(named(name));
            if (found.size() != 1) {
                throw new IllegalStateException(
                        "the class " + className + " has " + found.size() + " methods " + name + ", not one");
            }
            return found.getOnly();
        }
    }
}
