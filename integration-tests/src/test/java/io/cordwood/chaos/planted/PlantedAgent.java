package io.cordwood.chaos.planted;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.instrument.Instrumentation;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.jar.Attributes;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import net.bytebuddy.ByteBuddy;
import org.jspecify.annotations.Nullable;

/**
 * Plants one {@link PlantedBug} into a server, or a member of a group: an agent of its JVM, in a jar that
 * tests make of their own classes. What is shipped knows nothing of it.
 *
 * <p>Invariants: the class is changed before anybody uses it; where that cannot be, because the
 * class or its method is not there any more, the process ends at once and says why.
 *
 * <p><b>Thread:</b> any.
 */
public final class PlantedAgent {
    /** How a process ends that was to have a bug and could not. */
    public static final int EXIT_CODE = 86;

    private static final String JAR = "planted-agent.jar";
    private static final AtomicBoolean REACHED = new AtomicBoolean();

    private PlantedAgent() {}

    /**
     * Options for the JVM of a server. They go together with those that have it load its classes from an
     * archive: the JVM takes a class that an agent changes from the class path and all others from the archive,
     * whose class path the agent's jar comes behind.
     *
     * @param directory takes the agent's jar, one for all bugs; it must outlive the server
     */
    public static List<String> jvmOptions(PlantedBug bug, Path directory) throws IOException {
        var jar = directory.toAbsolutePath().resolve(JAR);
        if (!Files.exists(jar)) { // another server may have it open
            writeJar(jar);
        }
        return List.of("-javaagent:" + jar + "=" + bug.optionName());
    }

    /** What a server prints when it begins to run changed code, as its log shows it. */
    public static String reachedMessage(PlantedBug bug) {
        return "planted bug " + bug + " was reached";
    }

    /** For the JVM. */
    public static void premain(@Nullable String optionName, Instrumentation instrumentation) {
        try {
            var bug = PlantedBug.named(String.valueOf(optionName));
            var planted = PlantedClass.of(bug, ClassLoader.getSystemClassLoader());
            instrumentation.addTransformer(planted);
            System.err.println("planted bug " + bug + " is in " + bug.seam());
        } catch (Throwable e) { // also errors: a server without the bug would pass for one that has it
            end(e);
        }
    }

    /** Ends the process: the JVM would go on with the class as it is. */
    static void end(Throwable reason) {
        System.err.println("cannot plant a bug: " + reason.getMessage());
        reason.printStackTrace();
        Runtime.getRuntime().halt(EXIT_CODE);
    }

    /** By changed code, of which there is one kind in a process; says so once. */
    public static void reached(String optionName) {
        if (REACHED.compareAndSet(false, true)) {
            System.err.println(reachedMessage(PlantedBug.named(optionName)));
        }
    }

    private static void writeJar(Path jar) throws IOException {
        var manifest = new Manifest();
        var attributes = manifest.getMainAttributes();
        attributes.put(Attributes.Name.MANIFEST_VERSION, "1.0");
        attributes.putValue("Premain-Class", PlantedAgent.class.getName());
        attributes.put(
                Attributes.Name.CLASS_PATH, locationOf(ByteBuddy.class).toUri().toString());
        var packageName = PlantedAgent.class.getPackageName().replace('.', '/');
        try (var out = new JarOutputStream(Files.newOutputStream(jar), manifest);
                var classes = Files.list(locationOf(PlantedAgent.class).resolve(packageName))) {
            for (var file :
                    classes.filter(file -> file.toString().endsWith(".class")).toList()) {
                out.putNextEntry(new JarEntry(packageName + "/" + file.getFileName()));
                Files.copy(file, out);
                out.closeEntry();
            }
        }
    }

    private static Path locationOf(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new UncheckedIOException(new IOException("where is " + type + "?", e));
        }
    }
}
