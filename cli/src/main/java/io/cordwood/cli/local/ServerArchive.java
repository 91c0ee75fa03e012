package io.cordwood.cli.local;

import io.cordwood.client.CordwoodClient;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.StartPoint;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * The server's classes as one that ran had them loaded, in a file beside its jars: servers start from it with half of the
 * work. It is made once per build and Java, by a node that starts, takes and serves a record, and stops.
 *
 * <p>Invariants: nothing needs it. Where it cannot be made, servers start without it, and it is not tried again with the same build;
 * whoever finds another making it goes on without. It has its name only when it is whole.
 *
 * <p><b>Thread:</b> any.
 *
 * <p><b>Source:</b> dynamic archives of class data sharing, JEP 350.
 */
public final class ServerArchive {
    private static final Duration START_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration STOP_TIMEOUT = Duration.ofSeconds(60);
    private static final Duration READ_TIMEOUT = Duration.ofSeconds(10);

    private final Path file;

    private ServerArchive(Path file) {
        this.file = file;
    }

    /** Makes it where there is none, which takes some seconds; returns whether there is one now. */
    public static boolean prepare(Consumer<String> progress) {
        var archive = ofLibrary();
        archive.filter(found -> Files.isWritable(found.directory()))
                .filter(found -> !found.isMade() && !Files.exists(found.failed()))
                .ifPresent(found -> found.makeOrSay(progress));
        return archive.filter(ServerArchive::isMade).isPresent();
    }

    /** For the server's JVM. */
    public static List<String> flags() {
        return ofLibrary()
                .filter(ServerArchive::isMade)
                .map(archive -> List.of("-XX:SharedArchiveFile=" + archive.file, "-Xlog:cds*=off"))
                .orElse(List.of());
    }

    /** None where the server does not run from a directory of jars. */
    private static Optional<ServerArchive> ofLibrary() {
        return Optional.ofNullable(System.getProperty("cordwood.lib"))
                .map(library -> Path.of(library).toAbsolutePath().normalize().getParent())
                .map(directory -> new ServerArchive(directory.resolve("server-" + Runtime.version() + ".jsa")));
    }

    private Path directory() {
        return Objects.requireNonNull(file.getParent());
    }

    private boolean isMade() {
        return Files.exists(file);
    }

    /** Says that it could not be made; a build takes it away. */
    private Path failed() {
        return beside(".failed");
    }

    private Path beside(String suffix) {
        return file.resolveSibling(file.getFileName() + suffix);
    }

    private void makeOrSay(Consumer<String> progress) {
        try {
            makeAlone(progress);
        } catch (IOException | RuntimeException e) {
            // Whatever it is: who wants to start a cluster does not want to hear more of it.
            progress.accept("starts will be slower: " + e.getMessage());
        }
    }

    private void makeAlone(Consumer<String> progress) throws IOException {
        try (var channel = FileChannel.open(beside(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = channel.tryLock()) {
            if (lock != null && !isMade()) {
                progress.accept("preparing faster starts");
                make();
            }
        } catch (OverlappingFileLockException e) {
            progress.accept("another thread prepares faster starts");
        }
    }

    private void make() throws IOException {
        var work = Files.createTempDirectory("cordwood-archive-");
        var made = beside(".new");
        var cluster = LocalCluster.of(
                ClusterSpec.of(work, NodePorts.free(1)).withJvmOptions("-XX:ArchiveClassesAtExit=" + made));
        var interrupted = new AtomicBoolean();
        var hook = ShutdownHook.add("archive-cleanup", () -> {
            interrupted.set(true);
            cluster.close();
            delete(cluster);
        });
        try (cluster) {
            run(cluster);
            Files.move(made, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException | RuntimeException e) {
            if (!interrupted.get()) {
                Files.writeString(failed(), e + System.lineSeparator());
            }
            throw e;
        } finally {
            delete(cluster);
            Files.deleteIfExists(made);
            var unused = hook.remove();
        }
    }

    private static void run(LocalCluster cluster) throws IOException {
        cluster.start(START_TIMEOUT, line -> {});
        use(cluster);
        if (!cluster.stop(STOP_TIMEOUT)) {
            throw new IOException("the server that was to write it did not end in time");
        }
    }

    /** So that what serves clients is loaded, too. */
    private static void use(LocalCluster cluster) {
        try (var client = CordwoodClient.connect(cluster.clientAddress(1))) {
            client.admin().createTopic("archive", 1, 1, Map.of());
            try (var producer = client.producer().open()) {
                producer.send(new ProducerRecord("archive", null, "record".getBytes(StandardCharsets.UTF_8)))
                        .join();
            }
            try (var reader =
                    client.reader("archive").start(StartPoint.earliest()).open()) {
                reader.poll(READ_TIMEOUT);
            }
        }
    }

    private static void delete(LocalCluster cluster) {
        try {
            cluster.deleteDirectory();
        } catch (IOException | UncheckedIOException e) {
            // Somebody else deletes it, too, or nobody may: it is the temporary directory.
        }
    }
}
