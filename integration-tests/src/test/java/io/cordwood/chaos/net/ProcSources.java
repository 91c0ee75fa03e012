package io.cordwood.chaos.net;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * Finds the process that holds the socket of whoever connects, on this machine: its port leads to the
 * socket's inode, and that to a process.
 *
 * <p><b>Thread:</b> one at a time.
 *
 * <p><b>Source:</b> {@code proc_net_tcp.rst} of the Linux kernel.
 */
public final class ProcSources implements Sources {
    private static final List<Path> TABLES = List.of(Path.of("/proc/net/tcp6"), Path.of("/proc/net/tcp"));
    private static final Pattern BLANKS = Pattern.compile("\\s+");
    private static final Pattern SOCKET = Pattern.compile("socket:\\[([0-9]+)]");
    private static final int LOCAL_FIELD = 1;
    private static final int REMOTE_FIELD = 2;
    private static final int INODE_FIELD = 9;
    private static final int HEX = 16;

    private final Supplier<Map<Long, Integer>> nodesByPid;
    /** As of the newest look at all processes: a socket's inode stands for no other socket while it is open. */
    private Map<Long, Integer> nodesByInode = Map.of();

    /** @param nodesByPid the nodes whose processes run now */
    public ProcSources(Supplier<Map<Long, Integer>> nodesByPid) {
        this.nodesByPid = nodesByPid;
    }

    @Override
    public OptionalInt nodeOf(InetSocketAddress client, InetSocketAddress server) {
        var inode = inode(client.getPort(), server.getPort());
        if (inode.isEmpty()) {
            return OptionalInt.empty(); // it is gone already
        }
        if (!nodesByInode.containsKey(inode.getAsLong())) {
            nodesByInode = look();
        }
        var node = nodesByInode.get(inode.getAsLong());
        return node == null ? OptionalInt.empty() : OptionalInt.of(node);
    }

    private static OptionalLong inode(int localPort, int remotePort) {
        for (var table : TABLES) {
            if (Files.exists(table)) {
                var found = inode(lines(table), localPort, remotePort);
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return OptionalLong.empty();
    }

    /** In the kernel's table of connections; those of loopback addresses differ by their ports. */
    static OptionalLong inode(List<String> table, int localPort, int remotePort) {
        for (var line : table) {
            var fields = BLANKS.split(line.strip());
            if (fields.length > INODE_FIELD
                    && isPort(fields[LOCAL_FIELD], localPort)
                    && isPort(fields[REMOTE_FIELD], remotePort)) {
                return OptionalLong.of(Long.parseLong(fields[INODE_FIELD]));
            }
        }
        return OptionalLong.empty();
    }

    private static boolean isPort(String address, int port) {
        int colon = address.lastIndexOf(':');
        return colon >= 0
                && address.substring(colon + 1).matches("[0-9A-F]{4}")
                && Integer.parseInt(address.substring(colon + 1), HEX) == port;
    }

    private Map<Long, Integer> look() {
        var found = new HashMap<Long, Integer>();
        nodesByPid.get().forEach((pid, node) -> look(pid, node, found));
        return found;
    }

    private static void look(long pid, int node, Map<Long, Integer> found) {
        try (var files = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "fd"))) {
            for (var file : files) {
                var socket = SOCKET.matcher(target(file));
                if (socket.matches()) {
                    found.put(Long.parseLong(socket.group(1)), node);
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            // The process has ended: whatever it had open is gone.
            found.values().removeIf(owner -> owner == node);
        }
    }

    private static String target(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            return ""; // closed meanwhile
        }
    }

    private static List<String> lines(Path table) {
        try {
            return Files.readAllLines(table, StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
