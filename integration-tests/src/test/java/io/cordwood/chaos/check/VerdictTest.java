package io.cordwood.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.chaos.history.History;
import java.util.List;
import org.junit.jupiter.api.Test;

class VerdictTest {
    private record Broken() implements Checker {
        @Override
        public String name() {
            return "broken";
        }

        @Override
        public List<Violation> check(History history) {
            throw new IllegalArgumentException("p0-000001 was written twice");
        }
    }

    @Test
    void checkerThatCannotJudgeIsAViolationAndKeepsNobodyElseFromJudging() {
        var verdict = Verdict.of(History.of(List.of()), List.of(new Broken(), new EnoughEvidence(Verdict.RECOVERY)));

        assertThat(verdict.isClean()).isFalse();
        assertThat(verdict.violations().get(0))
                .hasToString(
                        "broken: could not judge: java.lang.IllegalArgumentException: p0-000001 was written twice");
        assertThat(verdict.violations()).extracting(Violation::checker).contains("enough-evidence");
    }
}
