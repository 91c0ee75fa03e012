package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class HighWatermarkListenersTest {
    private final HighWatermarkListeners listeners = new HighWatermarkListeners();
    private final List<String> calls = new ArrayList<>();

    @Test
    void everyListenerIsCalledEachTime() {
        listeners.add(() -> calls.add("a"));
        listeners.add(() -> calls.add("b"));

        listeners.fire();
        listeners.fire();

        assertThat(calls).containsExactly("a", "b", "a", "b");
    }

    @Test
    void endedRegistrationIsNotCalled() {
        var first = listeners.add(() -> calls.add("a"));
        listeners.add(() -> calls.add("b"));

        first.close();
        first.close();
        listeners.fire();

        assertThat(calls).containsExactly("b");
    }

    @Test
    void sameListenerTwiceEndsOneByOne() {
        Runnable listener = () -> calls.add("a");
        var first = listeners.add(listener);
        listeners.add(listener);

        first.close();
        first.close();
        listeners.fire();

        assertThat(calls).containsExactly("a");
    }

    @Test
    void listenerMayEndItsOwnRegistration() {
        var own = new ArrayList<Registration>();
        own.add(listeners.add(() -> {
            calls.add("once");
            own.get(0).close();
        }));
        listeners.add(() -> calls.add("b"));

        listeners.fire();
        listeners.fire();

        assertThat(calls).containsExactly("once", "b", "b");
    }
}
