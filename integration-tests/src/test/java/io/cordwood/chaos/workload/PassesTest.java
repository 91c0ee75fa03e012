package io.cordwood.chaos.workload;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PassesTest {
    private int partitions = 2;
    private final Passes passes = new Passes(() -> partitions, new SplittableRandom(1));

    @Test
    void eachPartitionIsReadFromTheStartAndFromAnywhere() {
        var starts = new ArrayList<Long>();
        var partitionsFromAnywhere = new TreeSet<Integer>();
        for (int i = 0; i < 400; i++) {
            if (passes.begin() > 0) {
                starts.add(passes.begin());
                partitionsFromAnywhere.add(passes.partition());
            }
            assertThat(passes.number()).isEqualTo(i);
            assertThat(passes.partition()).isEqualTo(i % 2);
            passes.next(20_000);
        }

        assertThat(starts).hasSizeBetween(190, 200).allMatch(start -> start < 20_000);
        assertThat(starts).anyMatch(start -> start > 10_000);
        assertThat(partitionsFromAnywhere).containsExactly(0, 1);
    }

    @Test
    void partitionOfWhichNothingIsKnownIsReadFromTheStart() {
        for (int i = 0; i < 10; i++) {
            passes.next(0);

            assertThat(passes.begin()).isZero();
        }
    }

    @Test
    void newPartitionsAreReadToo() {
        passes.next(5);
        partitions = 3;
        passes.next(5);

        assertThat(passes.partition()).isEqualTo(2);
        assertThat(passes.begin()).isZero();
    }
}
