package io.cordwood.server.partition;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class SoundReplicasTest {
    private static SoundReplicas of(Set<Integer> replicas, Set<Integer> lost, Set<Integer> silent) {
        return new SoundReplicas(new TreeSet<>(replicas), new TreeSet<>(lost), new TreeSet<>(silent));
    }

    @Test
    void majorityThatIsThereIsNoReason() {
        assertThat(of(Set.of(1, 2, 3), Set.of(), Set.of()).tooFew()).isEmpty();
        assertThat(of(Set.of(1, 2, 3), Set.of(2), Set.of()).tooFew()).isEmpty();
        assertThat(of(Set.of(1, 2, 3), Set.of(2), Set.of(2, 4)).tooFew()).isEmpty();
    }

    @Test
    void whoIsMissedIsNamed() {
        assertThat(of(Set.of(1, 2, 3), Set.of(2, 3), Set.of()).tooFew())
                .contains("1 of 3 replicas sound, majority is 2; nodes 2, 3 lost, see the logs there");
        assertThat(of(Set.of(1, 2, 3), Set.of(1), Set.of(3)).tooFew())
                .contains("1 of 3 replicas sound, majority is 2; node 1 lost, see the logs there; node 3 silent");
    }
}
