package io.cordwood.store;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.platform.launcher.TestExecutionListener;
import org.junit.platform.launcher.TestPlan;

/**
 * Has Awaitility look at once and then often, in the tests of every module that takes this module's test-jar: by itself
 * it waits for 100 ms before its first look, also at what is so already, and a test waits hundreds of times.
 *
 * <p><b>Thread:</b> the one that runs the tests.
 */
public final class FrequentPolls implements TestExecutionListener {
    @Override
    public void testPlanExecutionStarted(TestPlan plan) {
        Awaitility.setDefaultPollDelay(Duration.ZERO);
        Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
    }
}
