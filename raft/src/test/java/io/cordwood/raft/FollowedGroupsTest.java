package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.metadata.MetadataImage;
import io.cordwood.raft.FollowedGroups.Followed;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.ratis.proto.RaftProtos.FollowerInfoProto;
import org.apache.ratis.proto.RaftProtos.RaftPeerRole;
import org.apache.ratis.proto.RaftProtos.RoleInfoProto;
import org.apache.ratis.proto.RaftProtos.ServerRpcProto;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftConfiguration;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.RaftServer.Division;
import org.apache.ratis.server.impl.ServerImplUtils;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Node 1, where node 3 leads; divisions are as Ratis shows them, and may do what lasts too short to be met. */
class FollowedGroupsTest {
    private static final int SELF = 1;
    private static final int LEADER = 3;
    private static final TermIndex END = TermIndex.valueOf(5, 70);
    private static final Duration SILENCE = Duration.ofMillis(100);

    private final Map<RaftGroupId, Division> divisions = new LinkedHashMap<>();
    private final List<AutoCloseable> opened = new ArrayList<>();
    private final RatisClient client = new RatisClient();
    private final FollowedGroups groups = new FollowedGroups(
            new RaftGroups(
                    fake(RaftServer.class, Map.of("getGroupIds", divisions::keySet)),
                    client,
                    new TermQuestions(new NodeTransport(SELF, id -> Optional.empty()))),
            SELF,
            () -> true,
            () -> MetadataImage.EMPTY);

    @AfterEach
    void close() throws Exception {
        for (AutoCloseable each : opened) {
            each.close();
        }
    }

    private <T> T fake(Class<T> type, Map<String, Supplier<?>> answers) {
        InvocationHandler handler = (proxy, method, arguments) -> {
            if (method.getName().equals("getDivision")) {
                return division((RaftGroupId) arguments[0]);
            }
            var answer = answers.get(method.getName());
            if (answer != null) {
                return answer.get();
            }
            return InvocationHandler.invokeDefault(proxy, method, arguments);
        };
        return type.cast(Proxy.newProxyInstance(type.getClassLoader(), new Class<?>[] {type}, handler));
    }

    private Division division(RaftGroupId id) throws IOException {
        var division = divisions.get(id);
        if (division == null) {
            throw new IOException("no group " + id);
        }
        return division;
    }

    private static List<RaftPeer> peers(Collection<Integer> nodes) {
        return nodes.stream()
                .sorted()
                .map(node -> RaftGroups.peer(node, "127.0.0.1:" + (9090 + node), RaftPeerRole.FOLLOWER))
                .toList();
    }

    private static RaftConfiguration members(Set<Integer> nodes) {
        return ServerImplUtils.newRaftConfiguration(peers(nodes), List.of(), 7, List.of(), List.of());
    }

    private static RaftConfiguration changing(Set<Integer> before, Set<Integer> nodes) {
        return ServerImplUtils.newRaftConfiguration(peers(nodes), List.of(), 7, peers(before), List.of());
    }

    private static RoleInfoProto heardBefore(Duration time) {
        return RoleInfoProto.newBuilder()
                .setFollowerInfo(FollowerInfoProto.newBuilder()
                        .setLeaderInfo(ServerRpcProto.newBuilder().setLastRpcElapsedTimeMs(time.toMillis())))
                .build();
    }

    private RaftGroupId follow(RaftConfiguration members, Supplier<RoleInfoProto> role) {
        var id = RaftGroupId.randomId();
        var machine = new BaseStateMachine();
        opened.add(machine);
        var info = fake(
                DivisionInfo.class,
                Map.of(
                        "getCurrentRole",
                        () -> RaftPeerRole.FOLLOWER,
                        "getLeaderId",
                        () -> RaftGroups.peerId(LEADER),
                        "getCurrentTerm",
                        END::getTerm,
                        "getRoleInfoProto",
                        role));
        var log = fake(RaftLog.class, Map.of("getLastEntryTermIndex", () -> END));
        divisions.put(
                id,
                fake(
                        Division.class,
                        Map.of(
                                "getMemberId", () -> RaftGroupMemberId.valueOf(RaftGroups.peerId(SELF), id),
                                "getRaftConf", () -> members,
                                "getInfo", () -> info,
                                "getRaftLog", () -> log,
                                "getStateMachine", () -> machine)));
        return id;
    }

    @Test
    void leaderThatIsHeardInOneGroupIsNotSilent() {
        follow(members(Set.of(1, 2, 3)), () -> heardBefore(SILENCE));
        assertThat(groups.silentLeaders(SILENCE)).containsExactly(LEADER);

        follow(members(Set.of(1, 2, 3)), () -> heardBefore(SILENCE.minusMillis(1)));
        assertThat(groups.silentLeaders(SILENCE)).isEmpty();
    }

    @Test
    void groupThatIsJoinedDoesNotTellThatItsLeaderIsHeard() {
        follow(members(Set.of(1, 2, 3)), () -> heardBefore(SILENCE));
        follow(members(Set.of(2, 3, 4)), () -> heardBefore(Duration.ZERO)); // as Ratis says without a follower's state

        assertThat(groups.silentLeaders(SILENCE)).containsExactly(LEADER);
    }

    @Test
    void whereTheRoleChangesMeanwhileSomebodyIsHeard() {
        follow(members(Set.of(1, 2, 3)), () -> {
            throw new IllegalStateException("incorrect role of server");
        });

        assertThat(groups.silentLeaders(SILENCE)).isEmpty();
    }

    @Test
    void whoHasAVoteFollowsAndMayLead() {
        var group = follow(members(Set.of(1, 2, 3)), RoleInfoProto::getDefaultInstance);
        follow(members(Set.of(2, 3, 4)), RoleInfoProto::getDefaultInstance);

        assertThat(groups.of(LEADER)).containsExactly(new Followed(group, LEADER, END, List.of(Set.of(1, 2, 3)), true));
    }

    @Test
    void whoIsBeingTakenOutSaysSoAndMayNotLead() {
        var group = follow(changing(Set.of(1, 2, 3), Set.of(2, 3, 4)), RoleInfoProto::getDefaultInstance);

        assertThat(groups.of(LEADER))
                .containsExactly(new Followed(group, LEADER, END, List.of(Set.of(2, 3, 4), Set.of(1, 2, 3)), false));
    }

    @Test
    void whoIsBeingTakenInMayLead() {
        follow(changing(Set.of(2, 3, 4), Set.of(1, 2, 3)), RoleInfoProto::getDefaultInstance);

        assertThat(groups.of(LEADER)).allMatch(Followed::mayLead).hasSize(1);
    }
}
