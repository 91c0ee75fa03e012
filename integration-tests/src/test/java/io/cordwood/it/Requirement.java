package io.cordwood.it;

import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Assumptions;

/**
 * What some tests need of the machine. Where it is missing they are skipped with the reason; with the
 * variable that stands beside it set to true in the environment they fail.
 */
enum Requirement {
    DISKS("DISKS_REQUIRED"),
    CONTAINERS("CONTAINERS_REQUIRED"),
    FOREIGN_TOOLS("FOREIGN_TOOLS_REQUIRED");

    private final String variable;

    Requirement(String variable) {
        this.variable = variable;
    }

    /** Ends the test. */
    void isMissing(String reason) {
        if (Boolean.parseBoolean(System.getenv(variable))) {
            Assertions.fail(variable + " is set, and " + reason);
        }
        // Maven prints how many tests were skipped, and not why.
        System.err.println("tests are skipped: " + reason);
        Assumptions.abort(reason);
    }
}
