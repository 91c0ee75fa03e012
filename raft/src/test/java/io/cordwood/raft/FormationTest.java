package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.NodeRegistration;
import io.cordwood.proto.internal.v1.Hello;
import io.cordwood.proto.internal.v1.Standing;
import io.cordwood.raft.Formation.Step;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FormationTest {
    private static final UUID OTHER = new UUID(1, 2);

    @TempDir
    Path directory;

    private NodeWorld world;
    private Formation formation;

    @BeforeEach
    void makeFormation() throws IOException {
        world = new NodeWorld(directory, 1, 2);
        formation = new Formation(config(1));
    }

    @Test
    void bothNodesDrawTheSameGroupFromTheirDirectories() {
        var one = form(formation.next(
                node(1, "a"), Optional.empty(), answers(hello(2, "b").build())));
        var two = form(new Formation(config(2))
                .next(node(2, "b"), Optional.empty(), answers(hello(1, "a").build())));

        assertThat(one).isEqualTo(two);
        assertThat(one.nodes()).containsExactly(node(1, "a"), node(2, "b"));
        var replaced = formation.next(
                node(1, "a"), Optional.empty(), answers(hello(2, "c").build()));
        assertThat(form(replaced).groupId()).isNotEqualTo(one.groupId());
    }

    @Test
    void nodeThatOpenedTheGroupFormsOnlyWithTheSameDirectories() {
        var groupId = MetadataGroupId.of(List.of(node(2, "b"), node(1, "a")));

        assertThat(formation.next(
                        node(1, "a"),
                        Optional.of(groupId),
                        answers(hello(2, "b").build())))
                .isEqualTo(new Step.Form(groupId, List.of(node(1, "a"), node(2, "b"))));
        assertThat(formation.next(
                        node(1, "a"),
                        Optional.of(groupId),
                        answers(hello(2, "c").build())))
                .isInstanceOf(Step.Wait.class);
    }

    @Test
    void peerThatOpenedAnotherGroupIsWaitedFor() {
        var peer = hello(2, "b").setMetadataGroupId(Uuids.toBytes(OTHER)).build();

        var step = formation.next(node(1, "a"), Optional.empty(), answers(peer));

        assertThat(step.toString()).contains("Wait", "node 2 opened the metadata group with other data directories");
    }

    @Test
    void lateMemberTakesTheGroupOfTheFormedPeer() {
        var peer = hello(2, "b")
                .setClusterId("cluster")
                .setStanding(Standing.STANDING_MEMBER)
                .setMetadataGroupId(Uuids.toBytes(OTHER))
                .build();

        assertThat(formation.next(node(1, "a"), Optional.empty(), answers(peer)))
                .isEqualTo(new Step.Form(OTHER, List.of()));
        var stranger = peer.toBuilder()
                .setStanding(Standing.STANDING_OTHER_INCARNATION)
                .build();
        assertThat(formation.next(node(1, "a"), Optional.empty(), answers(stranger)))
                .isInstanceOf(Step.Wait.class);
    }

    private RaftNodeConfig config(int id) {
        return world.config(id, world.list(1, 2));
    }

    private NodeRegistration node(int id, String incarnation) {
        return Membership.registration(config(id), incarnation);
    }

    private Hello.Builder hello(int id, String incarnation) {
        return Hello.newBuilder()
                .setNode(CommandMessages.registration(node(id, incarnation)))
                .setInitialNodes(MetadataGroupId.text(world.list(1, 2)));
    }

    private static SortedMap<Integer, Hello> answers(Hello... hellos) {
        var answers = new TreeMap<Integer, Hello>();
        Stream.of(hellos).forEach(hello -> answers.put(hello.getNode().getNodeId(), hello));
        return answers;
    }

    private static Step.Form form(Step step) {
        assertThat(step).isInstanceOf(Step.Form.class);
        return (Step.Form) step;
    }
}
