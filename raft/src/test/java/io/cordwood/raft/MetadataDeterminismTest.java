package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommands;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataState;
import io.cordwood.store.SimulatedDisk;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TimeZone;
import java.util.UUID;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * The same commands give the same bytes, live, replayed, and from a snapshot at any index on, wherever the
 * machine stands.
 */
class MetadataDeterminismTest {
    private static final int LENGTH = 100;

    /** What the machine of another replica may be set to. */
    private record Place(String locale, String zone) {
        static final List<Place> ALL = List.of(
                new Place("en-US", "UTC"),
                new Place("tr-TR", "Europe/Istanbul"),
                new Place("ar-EG-u-nu-arab", "Pacific/Kiritimati"),
                new Place("th-TH-u-ca-buddhist-nu-thai", "America/St_Johns"));

        <T> T with(Here<T> here) throws IOException {
            var oldLocale = Locale.getDefault();
            var oldZone = TimeZone.getDefault();
            try {
                Locale.setDefault(Locale.forLanguageTag(locale));
                TimeZone.setDefault(TimeZone.getTimeZone(zone));
                return here.run();
            } finally {
                Locale.setDefault(oldLocale);
                TimeZone.setDefault(oldZone);
            }
        }
    }

    private interface Here<T> {
        T run() throws IOException;
    }

    @Test
    void liveReplayAndSnapshotAtAnyIndexGiveTheSameBytesEverywhere() throws IOException {
        check(0, 5);
    }

    @Tag("nightly")
    @Test
    void theSameOfManyHistories() throws IOException {
        check(1_000, 1_050);
    }

    private static void check(long firstSeed, long endSeed) throws IOException {
        int cases = 0;
        for (long seed = firstSeed; seed < endSeed; seed++) {
            var commands = new ArrayList<>(MetadataCommands.history(seed, LENGTH));
            commands.addAll(MetadataCommands.oneOfEach());
            var expected = ByteBuffer.wrap(replay(commands));
            for (Place place : Place.ALL) {
                cases += place.with(() -> checkFromEach(commands, expected));
            }
        }
        System.out.printf("determinism, metadata: %d restored states%n", cases);
    }

    private static int checkFromEach(List<MetadataCommand> commands, ByteBuffer expected) {
        assertThat(ByteBuffer.wrap(replay(commands))).isEqualTo(expected);
        var live = new MetadataState(MetadataImage.EMPTY);
        for (int i = 0; i < commands.size(); i++) {
            var snapshot = MetadataCodec.decodeSnapshot(ByteBuffer.wrap(bytes(live, i)));
            var restored = new MetadataState(snapshot.image());
            for (int j = i; j < commands.size(); j++) {
                restored.apply(decoded(commands.get(j)), j + 1);
            }
            assertThat(ByteBuffer.wrap(bytes(restored, commands.size())))
                    .as("restored at raft index %d", i)
                    .isEqualTo(expected);
            var result = live.apply(commands.get(i), i + 1);
            assertThat(MetadataCodec.decodeResult(ByteBuffer.wrap(MetadataCodec.encode(result))))
                    .isEqualTo(result);
        }
        assertThat(ByteBuffer.wrap(bytes(live, commands.size()))).isEqualTo(expected);
        return commands.size();
    }

    private static byte[] replay(List<MetadataCommand> commands) {
        var state = new MetadataState(MetadataImage.EMPTY);
        for (int i = 0; i < commands.size(); i++) {
            state.apply(decoded(commands.get(i)), i + 1);
        }
        return bytes(state, commands.size());
    }

    /** As it comes from the raft log. */
    private static MetadataCommand decoded(MetadataCommand command) {
        return MetadataCodec.decodeCommand(ByteBuffer.wrap(MetadataCodec.encode(command)));
    }

    private static byte[] bytes(MetadataState state, long index) {
        return MetadataCodec.encode(new MetadataCodec.Snapshot(1, index, state.image()));
    }

    /** A directory may be moved to a machine that is set up otherwise. */
    @Test
    void filesOfANodeAreReadEverywhere() throws IOException {
        var who = new NodeIdentity(MetadataCommands.CLUSTER, 1234, new UUID(1, 2).toString(), new UUID(3, 4));
        for (Place writer : Place.ALL) {
            var disk = new SimulatedDisk(1);
            writer.with(() -> {
                disk.createDirectories(Path.of("/data"));
                new IdentityFiles(disk, Path.of("/data")).writeNode(who);
                return disk;
            });
            for (Place reader : Place.ALL) {
                assertThat(reader.with(() -> new IdentityFiles(disk, Path.of("/data")).readNode()))
                        .as("%s read in %s", writer, reader)
                        .contains(who);
            }
        }
    }
}
