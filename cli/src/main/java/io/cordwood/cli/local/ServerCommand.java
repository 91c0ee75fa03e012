package io.cordwood.cli.local;

import java.io.File;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The command line that runs one node's server with this process's own Java. */
final class ServerCommand {
    static final String MAIN_CLASS = "io.cordwood.server.CordwoodServer";
    /** Java 23 and older refuse the flag, 24 and newer warn without it. */
    private static final int FIRST_JAVA_WITH_UNSAFE_FLAG = 24;

    private static final String LOOPBACK = "127.0.0.1";

    private final ClusterSpec spec;
    private final int nodeId;

    ServerCommand(ClusterSpec spec, int nodeId) {
        this.spec = spec;
        this.nodeId = nodeId;
    }

    static String nodeIdFlag(int nodeId) {
        return "--node.id=" + nodeId;
    }

    static String clientAddress(NodePorts ports) {
        return LOOPBACK + ":" + ports.clientPort();
    }

    static String nodeAddress(NodePorts ports) {
        return LOOPBACK + ":" + ports.nodePort();
    }

    static String httpAddress(NodePorts ports) {
        return LOOPBACK + ":" + ports.httpPort();
    }

    List<String> words() {
        var words = new ArrayList<String>();
        if (spec.detached()) {
            // A JVM that starts with the hang-up signal ignored keeps ignoring it, so closing the terminal stops
            // nothing.
            words.add("nohup");
        }
        words.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        words.addAll(jvmFlags());
        words.addAll(List.of("-cp", classPath(), MAIN_CLASS));
        words.addAll(serverFlags());
        return words;
    }

    private List<String> jvmFlags() {
        var flags = new ArrayList<>(List.of(
                "-XX:+UseG1GC",
                "-Xmx512m",
                "-XX:G1HeapRegionSize=4m",
                // Else a new topic or another leader makes the JVM throw its code away, and a busy node goes at
                // half its speed until it is made again.
                "-XX:PerMethodTrapLimit=0",
                // Deep inlining doubles the time that compiling takes, and the code is no faster.
                "-XX:MaxInlineLevel=5",
                "-XX:FreqInlineSize=60",
                "-XX:MaxDirectMemorySize=512m",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED"));
        if (Runtime.version().feature() >= FIRST_JAVA_WITH_UNSAFE_FLAG) {
            flags.add("--sun-misc-unsafe-memory-access=allow");
        }
        flags.addAll(ServerArchive.flags());
        flags.addAll(spec.jvmOptions());
        return flags;
    }

    private List<String> serverFlags() {
        var ports = spec.portsOf(nodeId);
        var flags = new ArrayList<>(List.of(
                nodeIdFlag(nodeId),
                "--data.dir=" + spec.nodeDirectory(nodeId).resolve("data"),
                "--cluster.initial-nodes=" + initialNodes(),
                "--listeners.client.bind=" + clientAddress(ports),
                "--listeners.node.bind=" + nodeAddress(ports),
                "--http.bind=" + httpAddress(ports)));
        flags.addAll(spec.serverFlags());
        return flags;
    }

    private String initialNodes() {
        return IntStream.rangeClosed(1, spec.nodeCount())
                .mapToObj(id -> id + "@" + nodeAddress(spec.portsOf(id)))
                .collect(Collectors.joining(","));
    }

    /** The launcher's directory of jars, or whatever this process itself runs from, as in tests. */
    private static String classPath() {
        var library = System.getProperty("cordwood.lib");
        return library == null ? System.getProperty("java.class.path") : library + File.separator + "*";
    }
}
