package io.cordwood.raft;

import io.cordwood.store.Disk;
import io.cordwood.store.WholeFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.zip.CRC32C;

/**
 * The files {@code node.json} and {@code forming.json} of a data directory: one flat JSON object each, so that people can
 * read them.
 *
 * <table>
 * <caption>Members, in this order; all values are strings of letters, digits, - and _</caption>
 * <tr><td>formatVersion</td><td>1</td></tr>
 * <tr><td>clusterId</td><td>node.json only: 22 characters of base64url</td></tr>
 * <tr><td>nodeId</td><td>decimal</td></tr>
 * <tr><td>incarnation</td><td>UUID</td></tr>
 * <tr><td>metadataGroupId</td><td>UUID; in forming.json from just before the node opens the group</td></tr>
 * <tr><td>foundingList</td><td>UUID; in forming.json of a founder, {@link Forming#foundingList}</td></tr>
 * <tr><td>crc</td><td>CRC-32C in hexadecimal of the values before it, each followed by a line feed</td></tr>
 * </table>
 *
 * <p>Thread: the owner of the data directory's lock.
 */
final class IdentityFiles {
    private static final String VERSION = "1";
    private static final Pattern MEMBER = Pattern.compile("\"([A-Za-z]+)\"\\s*:\\s*\"([A-Za-z0-9_-]*)\"");
    private static final Pattern OBJECT =
            Pattern.compile("\\s*\\{\\s*(" + MEMBER + "\\s*,\\s*)*" + MEMBER + "\\s*}\\s*");

    private final Disk disk;
    private final Path node;
    private final Path forming;

    IdentityFiles(Disk disk, Path dataDirectory) {
        this.disk = disk;
        node = dataDirectory.resolve("node.json");
        forming = dataDirectory.resolve("forming.json");
    }

    Optional<NodeIdentity> readNode() throws IOException {
        var bytes = WholeFile.read(disk, node);
        if (bytes.isEmpty()) {
            return Optional.empty();
        }
        var members = parse(node, bytes.get());
        return Optional.of(new NodeIdentity(
                member(node, members, "clusterId"),
                Integer.parseInt(member(node, members, "nodeId")),
                member(node, members, "incarnation"),
                UUID.fromString(member(node, members, "metadataGroupId"))));
    }

    Optional<Forming> readForming() throws IOException {
        var bytes = WholeFile.read(disk, forming);
        if (bytes.isEmpty()) {
            return Optional.empty();
        }
        var members = parse(forming, bytes.get());
        return Optional.of(new Forming(
                Integer.parseInt(member(forming, members, "nodeId")),
                member(forming, members, "incarnation"),
                Optional.ofNullable(members.get("metadataGroupId")).map(UUID::fromString),
                Optional.ofNullable(members.get("foundingList")).map(UUID::fromString)));
    }

    void writeForming(Forming who) throws IOException {
        var members = new LinkedHashMap<String, String>();
        members.put("formatVersion", VERSION);
        members.put("nodeId", Integer.toString(who.nodeId()));
        members.put("incarnation", who.incarnation());
        who.metadataGroupId().ifPresent(id -> members.put("metadataGroupId", id.toString()));
        who.foundingList().ifPresent(list -> members.put("foundingList", list.toString()));
        write(forming, members);
    }

    /** The node is a member from here on; the file of before goes. */
    void writeNode(NodeIdentity who) throws IOException {
        var members = new LinkedHashMap<String, String>();
        members.put("formatVersion", VERSION);
        members.put("clusterId", who.clusterId());
        members.put("nodeId", Integer.toString(who.nodeId()));
        members.put("incarnation", who.incarnation());
        members.put("metadataGroupId", who.metadataGroupId().toString());
        write(node, members);
        WholeFile.delete(disk, forming);
    }

    private void write(Path file, Map<String, String> members) throws IOException {
        members.put("crc", crc(members));
        var lines = members.entrySet().stream()
                .map(member -> "  \"" + member.getKey() + "\": \"" + member.getValue() + "\"")
                .toList();
        var text = "{\n" + String.join(",\n", lines) + "\n}\n";
        WholeFile.replace(disk, file, ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII)));
    }

    private static Map<String, String> parse(Path file, ByteBuffer bytes) throws IOException {
        var text = StandardCharsets.ISO_8859_1.decode(bytes).toString();
        if (!OBJECT.matcher(text).matches()) {
            throw new IOException(file + " is damaged: not a flat JSON object of strings");
        }
        var members = new LinkedHashMap<String, String>();
        var matcher = MEMBER.matcher(text);
        while (matcher.find()) {
            members.put(matcher.group(1), matcher.group(2));
        }
        if (!VERSION.equals(members.get("formatVersion"))) {
            throw new NewerFormatException(file + " has format version " + members.get("formatVersion")
                    + ", this program knows version " + VERSION + ": run a newer one");
        }
        var found = members.remove("crc");
        var expected = crc(members);
        if (!expected.equals(found)) {
            throw new IOException(file + " is damaged: crc expected " + expected + ", found " + found);
        }
        return members;
    }

    private static String member(Path file, Map<String, String> members, String name) throws IOException {
        var value = members.get(name);
        if (value == null) {
            throw new IOException(file + " is damaged: no member " + name);
        }
        return value;
    }

    private static String crc(Map<String, String> members) {
        var crc = new CRC32C();
        members.values().forEach(value -> crc.update((value + "\n").getBytes(StandardCharsets.ISO_8859_1)));
        return String.format("%08x", crc.getValue());
    }
}
