package io.cordwood.coordinator;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RecentMapTest {
    private final RecentMap<String, Integer> recent = new RecentMap<>(3, 100);

    @Test
    void newestOfAKeyIsKeptAndComesLast() {
        recent.put("a", 1, 0);
        recent.put("b", 2, 10);
        recent.put("a", 3, 20);

        assertThat(recent.get("a", 20)).isEqualTo(3);
        assertThat(recent.all(20).keySet()).containsExactly("b", "a");
    }

    @Test
    void whatIsTooOldIsToldToNobody() {
        recent.put("a", 1, 0);

        assertThat(recent.get("a", 100)).isEqualTo(1);
        assertThat(recent.get("a", 101)).isNull();
        assertThat(recent.all(100)).hasSize(1);
        assertThat(recent.all(101)).isEmpty();
    }

    /** Where nobody ever asks, too. */
    @Test
    void whatIsTooOldGoesWhenSomethingComes() {
        recent.put("a", 1, 0);
        recent.put("b", 2, 50);

        recent.put("c", 3, 101);
        recent.remove("c");
        recent.remove("b");

        assertThat(recent.isEmpty()).isTrue();
    }

    @Test
    void oldestGoesWhereThereAreTooMany() {
        for (int number = 0; number < 5; number++) {
            recent.put("key " + number, number, 0);
        }

        assertThat(recent.all(0).keySet()).containsExactly("key 2", "key 3", "key 4");
    }
}
