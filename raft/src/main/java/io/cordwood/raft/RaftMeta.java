package io.cordwood.raft;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.CRC32C;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerProto;
import org.apache.ratis.thirdparty.com.google.protobuf.InvalidProtocolBufferException;

/**
 * What Ratis keeps of a group beside its log, in two files without a checksum: term and vote ({@code
 * raft-meta}, a Java properties file) and the members ({@code raft-meta.conf}, the newest applied
 * configuration entry). Ratis takes what it can parse. With an older term or another vote a node votes
 * twice in one term, and two leaders follow; with other members it counts another majority.
 *
 * <p>Thread: any; immutable.
 *
 * <p>Source: Ratis 3.3.0, {@code RaftStorageMetadataFileImpl}, {@code RaftStorageImpl}.
 *
 * @param votedFor node id, 0 where it voted for nobody in the term
 * @param membersIndex raft index of the configuration, -1 where there is none
 * @param membersCrc of its members
 */
record RaftMeta(long term, int votedFor, long membersIndex, int membersCrc) {
    static final String VOTE_FILE = "raft-meta";
    static final String MEMBERS_FILE = "raft-meta.conf";

    private static final long NO_MEMBERS = -1;
    /**
     * Stricter than Ratis: whoever cuts or overwrites the end of a line must not be taken for a shorter
     * number.
     */
    private static final Pattern VOTE_TEXT = Pattern.compile("(?:#[^\\r\\n]*\\n)*(?:"
            + "term=(-1|[0-9]{1,18})\\nvotedFor=([0-9]{0,10})\\n|"
            + "votedFor=([0-9]{0,10})\\nterm=(-1|[0-9]{1,18})\\n)");

    private static final Pattern NODE_ID = Pattern.compile("[0-9]{1,10}");

    /**
     * Reads both files of a group.
     *
     * @return empty where Ratis has not made the group yet
     * @throws DamagedFileException where they are not as Ratis writes them
     */
    static Optional<RaftMeta> read(Path groupDirectory) throws IOException {
        var file = groupDirectory.resolve(RaftLogScan.CURRENT).resolve(VOTE_FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        var text = VOTE_TEXT.matcher(new String(bytes(file), StandardCharsets.ISO_8859_1));
        var vote = text.matches() ? Optional.ofNullable(text.group(2)).orElseGet(() -> text.group(3)) : "";
        if (!text.matches() || !(vote.isEmpty() || isNodeId(vote))) {
            throw new DamagedFileException(file, "it is not the term and the vote as they are written", null);
        }
        var term = Optional.ofNullable(text.group(1)).orElseGet(() -> text.group(4));
        var members = members(groupDirectory);
        return Optional.of(new RaftMeta(
                Long.parseLong(term),
                vote.isEmpty() ? 0 : Integer.parseInt(vote),
                members.map(LogEntryProto::getIndex).orElse(NO_MEMBERS),
                members.map(entry -> crc(entry.getConfigurationEntry())).orElse(0)));
    }

    private static byte[] bytes(Path file) throws IOException {
        return DamagedFileException.read(file, () -> Files.readAllBytes(file));
    }

    private static boolean isNodeId(String text) {
        return NODE_ID.matcher(text).matches() && Long.parseLong(text) <= Integer.MAX_VALUE;
    }

    /**
     * What is wrong with a stopped group's files; empty where nothing is.
     *
     * @param log the group's raft log
     * @param known what the files said at a time when the node ran
     * @param checkpointTerm of the group's checkpoint, -1 where it is not known
     * @throws IOException where they cannot be read, and nothing says that they are damaged
     */
    static Optional<String> fault(
            Path groupDirectory, RaftLogScan.Span log, Optional<RaftMeta> known, long checkpointTerm)
            throws IOException {
        try {
            var found = read(groupDirectory);
            if (found.isEmpty()) {
                return known.isEmpty() && log.last().isEmpty() && checkpointTerm < 0 && isFresh(groupDirectory)
                        ? Optional.empty()
                        : Optional.of(VOTE_FILE + " is missing: term and vote are lost");
            }
            long written = Math.max(log.lastTerm(), checkpointTerm);
            if (found.get().term() < written) {
                return Optional.of(VOTE_FILE + " has term " + found.get().term() + ", entries are of term " + written);
            }
            if (known.isPresent() && found.get().forgot(known.get())) {
                return Optional.of(VOTE_FILE + " has term " + found.get().term() + " and vote "
                        + found.get().votedFor() + ", it had term "
                        + known.get().term() + " and vote " + known.get().votedFor());
            }
            return found.get().membersFault(members(groupDirectory), log, known);
        } catch (DamagedFileException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Ratis makes a new group only of a directory without files: with others in it, it fails, and the whole
     * node with it.
     */
    private static boolean isFresh(Path groupDirectory) throws IOException {
        var current = groupDirectory.resolve(RaftLogScan.CURRENT);
        if (!Files.isDirectory(current)) {
            return true;
        }
        try (var files = Files.list(current)) {
            return files.allMatch(file -> file.endsWith(VOTE_FILE + ".tmp"));
        }
    }

    /** Whether a vote was given, or a term seen, that this does not know of. */
    boolean forgot(RaftMeta known) {
        return term < known.term || (term == known.term && known.votedFor != 0 && votedFor != known.votedFor);
    }

    private Optional<String> membersFault(
            Optional<LogEntryProto> members, RaftLogScan.Span log, Optional<RaftMeta> known) {
        if (members.isEmpty()) {
            return known.filter(before -> before.membersIndex != NO_MEMBERS).isPresent()
                    ? Optional.of(MEMBERS_FILE + " is missing")
                    : Optional.empty();
        }
        long writtenTerm = members.get().getTerm();
        var written = names(members.get().getConfigurationEntry());
        var inLog = log.termAt(membersIndex);
        var entry = log.configurations().get(membersIndex);
        // What this node writes first, and what comes with a notification, has no term.
        boolean comparable = writtenTerm == 0 ? entry != null : inLog.orElse(-1) >= writtenTerm;
        if (comparable) {
            boolean sameTerm = writtenTerm == 0 || inLog.orElse(-1) == writtenTerm;
            return entry != null && sameTerm && names(entry).equals(written)
                    ? Optional.empty()
                    : Optional.of(MEMBERS_FILE + " is not the raft log's entry " + membersIndex);
        }
        // Not in the log: it was purged, so this was noted long ago; or a catch-up just brought it.
        return known.filter(before -> before.membersIndex != NO_MEMBERS)
                .filter(before -> contradicts(before, log))
                .map(before -> MEMBERS_FILE + " has raft index " + membersIndex + "; it had raft index "
                        + before.membersIndex + ", or other members");
    }

    private boolean contradicts(RaftMeta before, RaftLogScan.Span log) {
        if (membersIndex <= before.membersIndex) {
            return membersIndex < before.membersIndex || membersCrc != before.membersCrc;
        }
        // With a wrong index, those that were noted would take the place of newer ones in the log.
        return membersCrc == before.membersCrc
                && log.configurations().tailMap(before.membersIndex + 1).values().stream()
                        .anyMatch(newer -> crc(newer) != membersCrc);
    }

    /** Of this and what was known before, what must not be forgotten. */
    RaftMeta newerThan(RaftMeta before) {
        var vote = forgot(before) ? before : this;
        var members = membersIndex < before.membersIndex ? before : this;
        return new RaftMeta(vote.term, vote.votedFor, members.membersIndex, members.membersCrc);
    }

    private static Optional<LogEntryProto> members(Path groupDirectory) throws IOException {
        var file = groupDirectory.resolve(RaftLogScan.CURRENT).resolve(MEMBERS_FILE);
        if (!Files.exists(file)) {
            return Optional.empty();
        }
        try {
            var entry = LogEntryProto.parseFrom(bytes(file));
            if (!isConfiguration(entry)) {
                throw new DamagedFileException(file, "it is no configuration as they are written", null);
            }
            return Optional.of(entry);
        } catch (InvalidProtocolBufferException e) {
            throw new DamagedFileException(file, String.valueOf(e.getMessage()), e);
        }
    }

    private static boolean isConfiguration(LogEntryProto entry) {
        var configuration = entry.getConfigurationEntry();
        var peers = peers(configuration);
        return entry.hasConfigurationEntry()
                && entry.getUnknownFields().asMap().isEmpty()
                && configuration.getUnknownFields().asMap().isEmpty()
                && !peers.isEmpty()
                && entry.getIndex() >= 0
                && entry.getTerm() >= 0
                && peers.stream().allMatch(RaftMeta::isPeer);
    }

    private static boolean isPeer(RaftPeerProto peer) {
        return isNodeId(peer.getId().toStringUtf8())
                && peer.getAddress().contains(":")
                && peer.getUnknownFields().asMap().isEmpty();
    }

    /** Those with a vote and those without. */
    private static List<RaftPeerProto> peers(RaftConfigurationProto configuration) {
        return Stream.concat(configuration.getPeersList().stream(), configuration.getListenersList().stream())
                .toList();
    }

    /** Whether a group's directory keeps these members, of this raft index. */
    static boolean hasMembers(Path groupDirectory, LogEntryProto entry) throws IOException {
        return members(groupDirectory)
                .filter(kept -> kept.getIndex() == entry.getIndex())
                .filter(kept -> areSame(kept.getConfigurationEntry(), entry.getConfigurationEntry()))
                .isPresent();
    }

    /** Whether the same nodes are members, at the same addresses and with the same votes. */
    static boolean areSame(RaftConfigurationProto one, RaftConfigurationProto other) {
        return names(one).equals(names(other));
    }

    /** Who is a member, where, and how: in any order, because Ratis keeps none. */
    private static TreeSet<String> names(RaftConfigurationProto configuration) {
        var names = new TreeSet<String>();
        addNames(names, "voter", configuration.getPeersList());
        addNames(names, "listener", configuration.getListenersList());
        addNames(names, "old voter", configuration.getOldPeersList());
        addNames(names, "old listener", configuration.getOldListenersList());
        return names;
    }

    private static void addNames(TreeSet<String> names, String role, List<RaftPeerProto> peers) {
        peers.forEach(peer -> names.add(role + " " + peer.getId().toStringUtf8() + " " + peer.getAddress() + " "
                + peer.getStartupRole() + " " + peer.getPriority() + "\n"));
    }

    private static int crc(RaftConfigurationProto configuration) {
        var crc = new CRC32C();
        crc.update(String.join("", names(configuration)).getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }
}
