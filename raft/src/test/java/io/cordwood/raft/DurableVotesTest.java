package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.cordwood.store.FramedFile;
import io.cordwood.store.NioDisk;
import io.cordwood.store.SimulatedDisk;
import io.cordwood.store.UnknownFormatException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableVotesTest {
    private static final UUID GROUP = new UUID(0x0123456789abcdefL, 0xfedcba9876543210L);
    private static final Path DATA = Path.of("/data");

    private final List<String> halts = new CopyOnWriteArrayList<>();
    private final NodeHalt halt = new RecordedHalts(halts);

    @TempDir
    Path directory;

    private Path current;

    @BeforeEach
    void makeGroup() throws IOException {
        current = Files.createDirectories(
                directory.resolve("raft").resolve(GROUP.toString()).resolve("current"));
    }

    private DurableVotes open() throws IOException {
        return DurableVotes.open(new NioDisk(), directory, directory.resolve("raft"), halt);
    }

    /** As Ratis writes it. */
    private void vote(long term, String votedFor) throws IOException {
        var temporary = current.resolve("raft-meta.tmp");
        Files.writeString(
                temporary, "#\n#Sat Nov 21 09:29:26 UTC 2026\nvotedFor=" + votedFor + "\nterm=" + term + "\n");
        Files.move(temporary, current.resolve("raft-meta"), StandardCopyOption.REPLACE_EXISTING);
    }

    private void members(long term, long index, int... nodes) throws IOException {
        var entry = LogEntryProto.newBuilder()
                .setTerm(term)
                .setIndex(index)
                .setConfigurationEntry(configuration(nodes))
                .build();
        Files.write(current.resolve("raft-meta.conf"), entry.toByteArray());
    }

    private Optional<RaftMeta> knownAfterARestart() throws IOException {
        try (var votes = open()) {
            votes.look();
        }
        try (var votes = open()) {
            return votes.of(GROUP);
        }
    }

    private Optional<String> fault() throws IOException {
        return fault(RaftLogScan.Span.EMPTY);
    }

    private Optional<String> fault(RaftLogScan.Span log) throws IOException {
        try (var votes = open()) {
            return RaftMeta.fault(directory.resolve("raft").resolve(GROUP.toString()), log, votes.of(GROUP), -1);
        }
    }

    /** Of term 3, with a newer configuration than that which was noted. */
    private static RaftLogScan.Span logWithMembers(long index, int... nodes) {
        return new RaftLogScan.Span(
                OptionalLong.of(index),
                OptionalLong.of(index + 9),
                new TreeMap<>(Map.of(index, 3L)),
                new TreeMap<>(Map.of(index, configuration(nodes))));
    }

    private static RaftConfigurationProto configuration(int... nodes) {
        var configuration = RaftConfigurationProto.newBuilder();
        for (int node : nodes) {
            configuration.addPeers(RaftGroups.peer(node, "n" + node + ":9091", RaftPeerRole.FOLLOWER)
                    .getRaftPeerProto());
        }
        return configuration.build();
    }

    @Test
    void whatRatisWroteIsKnownAfterARestart() throws IOException {
        assertThat(knownAfterARestart()).isEmpty();
        vote(3, "2");
        assertThat(knownAfterARestart()).contains(new RaftMeta(3, 2, -1, 0));
        vote(4, "");
        members(4, 17, 1, 2, 3);
        assertThat(knownAfterARestart()).hasValueSatisfying(known -> {
            assertThat(known.term()).isEqualTo(4);
            assertThat(known.votedFor()).isZero();
            assertThat(known.membersIndex()).isEqualTo(17);
        });
    }

    @Test
    void largestNodeIdIsNoDamageAndALargerOneIs() throws IOException {
        vote(3, "2147483647");
        members(3, 17, 1_000_000_000, Integer.MAX_VALUE);
        assertThat(knownAfterARestart())
                .hasValueSatisfying(known -> assertThat(known.votedFor()).isEqualTo(Integer.MAX_VALUE));
        assertThat(fault()).isEmpty();

        vote(4, "2147483648");
        assertThat(fault()).isPresent();
    }

    /** Too many open files, a mount that is gone: the next start may find all as it was. */
    @Test
    void fileThatCannotBeReadIsNoDamage() throws IOException {
        Files.createDirectory(current.resolve("raft-meta"));

        assertThatThrownBy(this::fault).isInstanceOf(IOException.class).isNotInstanceOf(DamagedFileException.class);
    }

    @Test
    void badSectorIsDamageOfItsFileAndOtherErrorsAreNot() {
        var file = Path.of("/raft/log_0-9");

        assertThatThrownBy(() -> DamagedFileException.read(file, () -> {
                    throw new IOException("Input/output error");
                }))
                .isInstanceOf(DamagedFileException.class)
                .hasMessageContaining("log_0-9 is damaged");
        for (var other : List.of(
                new FileSystemException("/raft/log_0-9", null, "Too many open files"),
                new FileSystemException("/raft/log_0-9", null, "Input/output error"),
                new IOException("Stale file handle"))) {
            assertThatThrownBy(() -> DamagedFileException.read(file, () -> {
                        throw other;
                    }))
                    .isSameAs(other);
        }
    }

    @Test
    void itIsLookedAtWithoutBeingAsked() throws IOException {
        try (var votes = open()) {
            votes.watch();
            vote(3, "2");

            await().atMost(PartitionCluster.PATIENCE)
                    .until(() -> votes.of(GROUP).isPresent());
        }
    }

    @Test
    void olderTermAndOtherVoteAreFaults() throws IOException {
        vote(3, "2");
        knownAfterARestart();
        assertThat(fault()).isEmpty();

        vote(2, "2");
        assertThat(fault()).hasValueSatisfying(fault -> assertThat(fault).contains("term 2", "term 3"));
        vote(3, "1");
        assertThat(fault()).hasValueSatisfying(fault -> assertThat(fault).contains("vote 1", "vote 2"));
        vote(3, "");
        assertThat(fault()).isPresent();
        vote(4, "");
        assertThat(fault()).isEmpty();
        Files.delete(current.resolve("raft-meta"));
        assertThat(fault()).isPresent();
    }

    /** The fault of before must not be what is compared with from now on. */
    @Test
    void whatIsKnownNeverGrowsOlder() throws IOException {
        vote(3, "2");
        members(3, 17, 1, 2, 3);
        var known = knownAfterARestart();

        vote(2, "1");
        members(2, 11, 1, 2);

        assertThat(knownAfterARestart()).isEqualTo(known);
    }

    @Test
    void otherMembersThanWereNotedAreFaults() throws IOException {
        vote(3, "2");
        members(3, 17, 1, 2, 3);
        knownAfterARestart();
        assertThat(fault()).isEmpty();

        members(3, 17, 1);
        assertThat(fault()).isPresent();
        members(2, 11, 1, 2);
        assertThat(fault()).isPresent();
        members(3, 170, 1, 2, 3);
        assertThat(fault()).as("as a catch-up brings it").isEmpty();
        assertThat(fault(logWithMembers(20, 1, 2)))
                .as("it would take the place of newer ones")
                .isPresent();
        Files.delete(current.resolve("raft-meta.conf"));
        assertThat(fault()).isPresent();
        members(4, 170, 1, 2, 3);
        assertThat(fault()).isEmpty();
    }

    @Test
    void groupThatWasNeverMadeHasNoFault() throws IOException {
        assertThat(fault()).isEmpty();
        Files.writeString(current.resolve("raft-meta.tmp"), "#\n");
        assertThat(fault()).isEmpty();
        members(0, 0, 1);
        assertThat(fault()).isPresent();
    }

    @Test
    void forgottenGroupAndOneThatIsGoneBeginAnew() throws IOException {
        vote(3, "2");
        knownAfterARestart();
        try (var votes = open()) {
            votes.forget(GROUP);
            vote(1, "1");
            votes.look();
            assertThat(votes.of(GROUP)).contains(new RaftMeta(1, 1, -1, 0));
        }
        Files.move(directory.resolve("raft"), directory.resolve("gone"));
        assertThat(knownAfterARestart()).isEmpty();
    }

    @Test
    void everyFlippedBitAndMissingByteOfItsFileIsRepaired() throws IOException {
        vote(3, "2");
        var known = knownAfterARestart();
        var file = directory.resolve(DurableVotes.FILE_NAME);
        var good = Files.readAllBytes(file);
        for (int i = 0; i < good.length * 9; i++) {
            var bad = i < good.length ? Arrays.copyOf(good, i) : good.clone();
            if (i >= good.length) {
                int bit = i - good.length;
                bad[bit / 8] ^= (byte) (1 << bit % 8);
            }
            Files.write(file, bad);
            try (var votes = open()) {
                assertThat(votes.of(GROUP)).as("case %d", i).isEmpty();
            }
        }
        assertThat(knownAfterARestart()).isEqualTo(known);
    }

    @Test
    void formatIsWhatItWas() throws IOException {
        vote(3, "2");
        knownAfterARestart();

        var file = HexFormat.of().formatHex(Files.readAllBytes(directory.resolve(DurableVotes.FILE_NAME)));
        assertThat(file).startsWith("4357565400000001" + "00000028");
        assertThat(file.substring(32))
                .startsWith("0123456789abcdeffedcba9876543210" + "0000000000000003" + "00000002" + "f".repeat(16)
                        + "00000000");
    }

    @Test
    void fileOfANewerBuildIsRefused() throws IOException {
        new FramedFile(DurableVotes.FILE_NAME, 0x43575654, 2).write(new NioDisk(), directory, ByteBuffer.allocate(4));

        assertThatThrownBy(this::open).isInstanceOf(UnknownFormatException.class);
    }

    @Test
    void failedForceStopsTheNodeAndIsNotRepeated() throws IOException {
        for (int step = 1; step <= 4; step++) {
            halts.clear();
            vote(3, "2");
            var disk = new SimulatedDisk(step);
            disk.createDirectories(DATA);
            var votes = DurableVotes.open(disk, DATA, directory.resolve("raft"), halt);
            disk.failAt(disk.operations() + step);

            votes.look();
            var operations = disk.operations();
            vote(4, "1");
            votes.look();
            votes.close();

            assertThat(halts).as("operation %d", step).hasSize(1);
            assertThat(disk.operations()).isEqualTo(operations);
        }
    }
}
