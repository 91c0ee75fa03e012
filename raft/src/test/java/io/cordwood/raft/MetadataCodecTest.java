package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.cordwood.metadata.GroupCommand;
import io.cordwood.metadata.GroupReason;
import io.cordwood.metadata.GroupRefusal;
import io.cordwood.metadata.GroupSettings;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataCommands;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.MetadataState;
import io.cordwood.proto.internal.v1.Command;
import io.cordwood.proto.internal.v1.GroupEntry;
import io.cordwood.proto.internal.v1.GroupOwner;
import io.cordwood.proto.internal.v1.GroupTopicOwners;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class MetadataCodecTest {
    static List<MetadataCommand> commands() {
        return MetadataCommands.oneOfEach();
    }

    @Test
    void theSamplesAreOfEveryKind() {
        var kinds = commands().stream().map(Object::getClass).collect(Collectors.toSet());

        assertThat(kinds)
                .isEqualTo(Stream.of(MetadataCommand.class, GroupCommand.class)
                        .flatMap(type -> Arrays.stream(type.getPermittedSubclasses()))
                        .filter(type -> !type.equals(GroupCommand.class))
                        .collect(Collectors.toSet()));
    }

    @ParameterizedTest
    @MethodSource("commands")
    void commandComesBackAsItWas(MetadataCommand command) {
        var bytes = MetadataCodec.encode(command);

        assertThat(ByteBuffer.wrap(bytes).getInt()).isEqualTo(MetadataCodec.COMMAND_VERSION);
        assertThat(MetadataCodec.decodeCommand(ByteBuffer.wrap(bytes))).isEqualTo(command);
    }

    @Test
    void resultsOfEveryKindComeBackAsTheyWere() {
        List<MetadataResult> results = List.of(
                new MetadataResult.Done(7),
                new MetadataResult.ProducerIdBlock(8, 1, 1001),
                new MetadataResult.GroupAnswer(
                        9, new TreeMap<>(Map.of(4, new GroupRefusal(GroupReason.NOT_OWNED, "f", "v", "l")))),
                new MetadataResult.Refused(MetadataResult.Reason.INVALID_NAME, "name", "a b", "no blanks"));
        assertThat(results).hasSameSizeAs(MetadataResult.class.getPermittedSubclasses());

        for (MetadataResult result : results) {
            assertThat(MetadataCodec.decodeResult(ByteBuffer.wrap(MetadataCodec.encode(result))))
                    .isEqualTo(result);
        }
    }

    @ParameterizedTest
    @EnumSource(MetadataResult.Reason.class)
    void everyReasonComesBack(MetadataResult.Reason reason) {
        var refused = new MetadataResult.Refused(reason, "f", "v", "l");

        assertThat(MetadataCodec.decodeResult(ByteBuffer.wrap(MetadataCodec.encode(refused))))
                .isEqualTo(refused);
    }

    @ParameterizedTest
    @EnumSource(GroupReason.class)
    void everyReasonAboutGroupsComesBack(GroupReason reason) {
        var answer =
                new MetadataResult.GroupAnswer(9, new TreeMap<>(Map.of(0, new GroupRefusal(reason, "f", "v", "l"))));

        assertThat(MetadataCodec.decodeResult(ByteBuffer.wrap(MetadataCodec.encode(answer))))
                .isEqualTo(answer);
    }

    @Test
    void snapshotOfALongHistoryComesBackAsItWas() {
        var state = new MetadataState(MetadataImage.EMPTY);
        var history = MetadataCommands.history(42, 300);
        for (int i = 0; i < history.size(); i++) {
            state.apply(history.get(i), i + 1);
        }
        var snapshot = new MetadataCodec.Snapshot(3, 310, state.image());

        assertThat(state.image().topics()).isNotEmpty();
        assertThat(state.image().groups().byName()).isNotEmpty();
        assertThat(MetadataCodec.decodeSnapshot(ByteBuffer.wrap(MetadataCodec.encode(snapshot))))
                .isEqualTo(snapshot);
    }

    /** A node of an older program reads what is written before replicas were changed for the first time. */
    @Test
    void imageWithoutChangesIsWrittenAsBeforeThereWereAny() {
        var state = new MetadataState(MetadataImage.EMPTY);
        state.apply(MetadataCommands.form(MetadataCommands.node(1), MetadataCommands.node(2)), 1);
        state.apply(MetadataCommands.topic("orders", 2, 2), 2);

        var image = ImageMessages.of(state.image());

        assertThat(image.getNodesList()).allMatch(node -> Set.of(1, 2, 3).containsAll(numbers(node)));
        assertThat(image.getTopicsList())
                .allMatch(topic -> topic.getPartitionsList().stream()
                        .allMatch(partition -> Set.of(1, 2, 3, 4, 5).containsAll(numbers(partition))));
        assertThat(numbers(image)).isSubsetOf(1, 2, 3, 4, 5, 6);
        assertThat(ImageMessages.parse(image)).isEqualTo(state.image());
    }

    /** The bytes are those that a program of level 3 wrote. */
    @Test
    void imageWithoutGroupsOpensAndIsWrittenAgainAsItWas() {
        var state = new MetadataState(MetadataImage.EMPTY);
        state.apply(MetadataCommands.form(MetadataCommands.node(1)), 1);
        state.apply(MetadataCommands.topic("orders", 1, 1), 2);
        var old = ImageMessages.of(state.image()).toBuilder().clearGroups().build();

        var opened = ImageMessages.parse(old);

        assertThat(opened.groups().byName()).isEmpty();
        assertThat(ImageMessages.of(opened).toByteArray()).isEqualTo(old.toByteArray());
    }

    @Test
    void partitionOfAMemberThatIsNotListedStops() {
        var entry = GroupEntry.newBuilder()
                .setName("payments")
                .setSettings(GroupMessages.of(GroupSettings.DEFAULT))
                .addOwners(GroupTopicOwners.newBuilder()
                        .setTopicId(Uuids.toBytes(new UUID(1, 2)))
                        .addPartitions(GroupOwner.newBuilder().setOwner(1)))
                .build();

        assertThatThrownBy(() -> GroupImageMessages.parse(List.of(entry)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("payments");
    }

    private static Set<Integer> numbers(Message message) {
        return message.getAllFields().keySet().stream()
                .map(FieldDescriptor::getNumber)
                .filter(number -> number > 0)
                .collect(Collectors.toSet());
    }

    @Test
    void unknownVersionKindOrBytesStop() {
        var newer = ByteBuffer.allocate(8).putInt(2).putInt(0).flip();
        var unknownKind = ByteBuffer.allocate(8)
                .putInt(1)
                .put(new byte[] {(byte) 0xfa, 0x06, 0, 0}) // field 111, empty
                .flip();
        var unset = ByteBuffer.allocate(4).putInt(1).flip();
        var garbage = ByteBuffer.allocate(9).putInt(1).putInt(-1).put((byte) 7).flip();

        for (ByteBuffer bytes : List.of(newer, unknownKind, unset, garbage, ByteBuffer.allocate(2))) {
            assertThatThrownBy(() -> MetadataCodec.decodeCommand(bytes)).isInstanceOf(NewerFormatException.class);
        }
        assertThat(Command.getDefaultInstance().getKindCase()).isEqualTo(Command.KindCase.KIND_NOT_SET);
    }
}
