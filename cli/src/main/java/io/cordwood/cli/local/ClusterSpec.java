package io.cordwood.cli.local;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * What a cluster on this machine looks like. Node ids count from 1, in the order of the ports.
 *
 * @param directory holds a directory n1, n2, ... for each node
 * @param serverFlags more flags for every server, such as {@code --log.segment-max-bytes=4194304}
 * @param jvmOptions for every server's JVM, behind the defaults
 * @param detached whether the servers outlive this process and its terminal
 */
public record ClusterSpec(
        Path directory, List<NodePorts> ports, List<String> serverFlags, List<String> jvmOptions, boolean detached) {
    /** Environment variable with options for the servers' JVMs. */
    public static final String JVM_OPTIONS_VARIABLE = "CORDWOOD_JVM_OPTS";

    private static final Pattern BLANKS = Pattern.compile("\\s+");

    public ClusterSpec {
        if (ports.isEmpty()) {
            throw new IllegalArgumentException("a cluster has at least one node");
        }
        directory = directory.toAbsolutePath().normalize();
        ports = List.copyOf(ports);
        serverFlags = List.copyOf(serverFlags);
        jvmOptions = List.copyOf(jvmOptions);
    }

    /** A cluster with default settings and the JVM options of the environment; it ends with this process. */
    public static ClusterSpec of(Path directory, List<NodePorts> ports) {
        return new ClusterSpec(directory, ports, List.of(), jvmOptionsOfEnvironment(), false);
    }

    public ClusterSpec withServerFlags(String... flags) {
        return new ClusterSpec(directory, ports, List.of(flags), jvmOptions, detached);
    }

    public ClusterSpec withJvmOptions(String... options) {
        return new ClusterSpec(directory, ports, serverFlags, List.of(options), detached);
    }

    public ClusterSpec detached(boolean outlives) {
        return new ClusterSpec(directory, ports, serverFlags, jvmOptions, outlives);
    }

    public int nodeCount() {
        return ports.size();
    }

    Path nodeDirectory(int nodeId) {
        return directory.resolve("n" + nodeId);
    }

    NodePorts portsOf(int nodeId) {
        return ports.get(nodeId - 1);
    }

    private static List<String> jvmOptionsOfEnvironment() {
        var options = System.getenv(JVM_OPTIONS_VARIABLE);
        return options == null || options.isBlank() ? List.of() : List.of(BLANKS.split(options.strip()));
    }
}
