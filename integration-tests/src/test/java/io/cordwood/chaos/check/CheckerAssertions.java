package io.cordwood.chaos.check;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.function.UnaryOperator;

/** That a checker is silent on good histories, and finds what was harmed in them. */
final class CheckerAssertions {
    private CheckerAssertions() {}

    /** @param said a part of what it says */
    static void finds(Checker checker, String said, UnaryOperator<Edited> harm) {
        for (var good : Edited.good()) {
            assertThat(checker.check(good.history())).as("unharmed").isEmpty();
            assertThat(checker.check(harm.apply(good).history()))
                    .anySatisfy(violation -> assertThat(violation.toString())
                            .startsWith(checker.name() + ": ")
                            .contains(said));
        }
    }

    static void isSilent(Checker checker, UnaryOperator<Edited> change) {
        for (var good : Edited.good()) {
            assertThat(checker.check(change.apply(good).history())).isEmpty();
        }
    }
}
