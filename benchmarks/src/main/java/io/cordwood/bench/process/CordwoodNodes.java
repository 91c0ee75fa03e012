package io.cordwood.bench.process;

import java.io.File;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A cluster of the distribution on loopback, each node a process with the flags of the launcher; numbered from 1. The heap is the
 * caller's. The archive of loaded classes, which halves the launcher's starts, is not used: it belongs to the place of the jars, and
 * a run has jars of its own.
 *
 * <p><b>Thread:</b> immutable but for the processes.
 */
public final class CordwoodNodes {
    private static final int FIRST_JAVA_WITH_UNSAFE_FLAG = 24;

    /**
     * How the nodes are run.
     *
     * @param jars directory of the distribution's jars
     * @param directory for the nodes' data and logs
     * @param heap flags of the JVM for its heap
     * @param settings of the server, such as {@code --node.max-partitions=500}
     */
    public record Setup(Path jars, Path directory, List<String> heap, List<String> settings) {
        public Setup {
            heap = List.copyOf(heap);
            settings = List.copyOf(settings);
        }
    }

    private final Setup setup;
    private final List<Integer> clientPorts;
    private final List<Integer> nodePorts;
    private final ServerGroup servers;

    private CordwoodNodes(Setup setup, List<Integer> ports) {
        this.setup = setup;
        int count = ports.size() / 2;
        this.clientPorts = ports.subList(0, count);
        this.nodePorts = ports.subList(count, 2 * count);
        this.servers = new ServerGroup(
                IntStream.rangeClosed(1, count).mapToObj(this::server).toList());
    }

    /** Not started yet. */
    public static CordwoodNodes prepare(Setup setup, int count) throws IOException {
        return new CordwoodNodes(setup, FreePorts.take(2 * count));
    }

    public ServerGroup servers() {
        return servers;
    }

    public int count() {
        return clientPorts.size();
    }

    /** The addresses for clients, with commas. */
    public String bootstrap() {
        return IntStream.rangeClosed(1, count()).mapToObj(this::clientAddress).collect(Collectors.joining(","));
    }

    public String clientAddress(int node) {
        return address(clientPorts, node);
    }

    /** The data directory. */
    public Path data(int node) {
        return setup.directory.resolve("data").resolve("n" + node);
    }

    /** The launcher's for a node, but for those of the heap. */
    public static List<String> jvmFlags() {
        var flags = new ArrayList<>(List.of(
                "-XX:+UseG1GC",
                "-XX:G1HeapRegionSize=4m",
                "-XX:PerMethodTrapLimit=0",
                "-XX:MaxInlineLevel=5",
                "-XX:FreqInlineSize=60",
                "-XX:MaxDirectMemorySize=512m",
                "-XX:+ExitOnOutOfMemoryError",
                "-Xshare:auto",
                "--enable-native-access=ALL-UNNAMED"));
        if (Runtime.version().feature() >= FIRST_JAVA_WITH_UNSAFE_FLAG) {
            flags.add("--sun-misc-unsafe-memory-access=allow");
        }
        return flags;
    }

    private ServerProcess server(int node) {
        var command = new ArrayList<String>();
        command.add(Clients.java());
        command.addAll(setup.heap);
        command.addAll(jvmFlags());
        command.addAll(List.of(
                "-cp",
                setup.jars + File.separator + "*",
                "io.cordwood.server.CordwoodServer",
                "--node.id=" + node,
                "--data.dir=" + data(node),
                "--cluster.initial-nodes=" + initialNodes(),
                "--listeners.client.bind=" + clientAddress(node),
                "--listeners.node.bind=" + address(nodePorts, node),
                "--http.bind=none"));
        command.addAll(setup.settings);
        var log = setup.directory.resolve("logs").resolve("server-" + node + ".log");
        return new ServerProcess(command, log, "cordwood node " + node + " ready:");
    }

    private String initialNodes() {
        return IntStream.rangeClosed(1, count())
                .mapToObj(id -> id + "@" + address(nodePorts, id))
                .collect(Collectors.joining(","));
    }

    private static String address(List<Integer> ports, int node) {
        return "127.0.0.1:" + ports.get(node - 1);
    }
}
