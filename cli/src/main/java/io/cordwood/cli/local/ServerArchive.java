package io.cordwood.cli.local;

import io.cordwood.cli.console.CliException;
import io.cordwood.client.CordwoodClient;
import io.cordwood.client.CordwoodException;
import io.cordwood.client.ProducerRecord;
import io.cordwood.client.StartPoint;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The server's classes as one that ran had them loaded, in a file beside its jars: servers start from it with half of the
 * work. It is made once per build and Java, by a node that starts, takes and serves a record, and stops.
 *
 * <p>Invariants: nothing needs it. Where it cannot be made, or belongs to other jars, servers start without it.
 *
 * <p><b>Thread:</b> any; of several processes that want to make it at once, one does.
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

    /** Makes it where there is none, which takes some seconds. */
    public static void prepare(Consumer<String> progress) {
        ofLibrary().filter(archive -> !Files.exists(archive.file)).ifPresent(archive -> {
            try {
                archive.makeOnce(progress);
            } catch (IOException | CliException | CordwoodException e) {
                progress.accept("starts will be slower: " + e.getMessage());
            }
        });
    }

    /** For the server's JVM. */
    static List<String> flags() {
        return ofLibrary()
                .filter(archive -> Files.exists(archive.file))
                .map(archive -> List.of("-XX:SharedArchiveFile=" + archive.file, "-Xlog:cds*=off"))
                .orElse(List.of());
    }

    /** None where the server does not run from a directory of jars that can be written to. */
    private static Optional<ServerArchive> ofLibrary() {
        return Optional.ofNullable(System.getProperty("cordwood.lib"))
                .map(library -> Path.of(library).toAbsolutePath().normalize().getParent())
                .filter(Files::isWritable)
                .map(directory -> new ServerArchive(directory.resolve("server-" + Runtime.version() + ".jsa")));
    }

    private void makeOnce(Consumer<String> progress) throws IOException {
        var lockFile = file.resolveSibling(file.getFileName() + ".lock");
        try (var channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                var lock = channel.lock()) {
            if (lock.isValid() && !Files.exists(file)) {
                progress.accept("preparing faster starts");
                make();
            }
        }
    }

    private void make() throws IOException {
        var directory = Files.createTempDirectory("cordwood-archive-");
        var made = directory.resolve("made.jsa");
        var cluster = LocalCluster.of(ClusterSpec.of(directory.resolve("cluster"), NodePorts.free(1))
                .withJvmOptions("-XX:ArchiveClassesAtExit=" + made));
        var hook = new Thread(cluster::close, "archive-cleanup");
        Runtime.getRuntime().addShutdownHook(hook);
        try (cluster) {
            cluster.start(START_TIMEOUT, line -> {});
            use(cluster);
            cluster.stop(STOP_TIMEOUT);
            if (Files.exists(made)) {
                Files.move(made, file, StandardCopyOption.REPLACE_EXISTING);
            }
            cluster.deleteDirectory();
            Files.deleteIfExists(made);
            Files.delete(directory);
        } finally {
            removeHook(hook);
        }
    }

    private static void removeHook(Thread hook) {
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // It runs.
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
}
