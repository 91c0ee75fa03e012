package io.cordwood.client;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

/** Keeps tasks until a test runs them, in whichever order. */
final class ManualExecutor implements Executor {
    private final List<Runnable> tasks = new ArrayList<>();

    @Override
    public void execute(Runnable task) {
        tasks.add(task);
    }

    int size() {
        return tasks.size();
    }

    void run(int index) {
        tasks.remove(index).run();
    }

    /** Those that are there now, in order. */
    void runAll() {
        for (int count = tasks.size(); count > 0; count--) {
            run(0);
        }
    }
}
