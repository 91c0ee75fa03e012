package io.cordwood.store;

import io.cordwood.store.BrokenPromise.Invariant;
import java.io.IOException;
import java.util.Optional;

/**
 * Lets operations on the disk of a {@link ReplicaWorld} fail, and looks at what its log does then, what
 * is left after the process or the power went, and how the store goes on after a start.
 *
 * <p><b>Thread:</b> one owner.
 */
final class IoErrors {
    private static final int STEPS_MAX = 200;
    private static final int STEPS_BEHIND = 5;

    private final OffsetIndex index;
    private final PlantedBug bug;
    private int errors;
    private int surfaced;

    IoErrors(OffsetIndex index, PlantedBug bug) {
        this.index = index;
        this.bug = bug;
    }

    /** Makes operations fail. */
    interface Plan {
        void on(SimulatedDisk disk);
    }

    /**
     * Returns false where it did not come to the failure.
     *
     * @throws BrokenPromise where something is not as the store owes it
     */
    boolean run(long seed, Plan plan, String where) throws IOException {
        var world = new ReplicaWorld(seed, index, bug);
        plan.on(world.disk());
        var failure = failureOf(world);
        if (!world.disk().hasFailed()) {
            world.stop();
            return false;
        }
        errors++;
        surfaced += failure.isPresent() ? 1 : 0;
        if (failure.isPresent() && world.activity() == ReplicaWorld.Activity.LOG) {
            checkRefuses(world, where);
        }
        world.stop();
        world.disk().failNoMore();
        BrokenPromise.unless(
                world.disk().openFiles() == 0,
                Invariant.NO_FILE_STAYS_OPEN,
                where,
                () -> world.disk().openFiles() + " open files");
        BrokenPromise.unless(
                world.disk().forcesOfFailedFiles() == 0,
                Invariant.FAILED_FORCE_IS_NOT_TRIED_AGAIN,
                where,
                () -> world.disk().forcesOfFailedFiles() + " forces");
        for (var mode : CrashMode.values()) {
            world.promise().recover(bug.on(world.disk().crash(mode)), index, true, where + ", " + mode);
        }
        goOn(world, where);
        return true;
    }

    @Override
    public String toString() {
        return errors + " errors, " + surfaced + " of them ended the use of the store";
    }

    /** The failure that a step told of. */
    private static Optional<IOException> failureOf(ReplicaWorld world) {
        try {
            world.start();
            int behind = 0;
            for (int i = 0; i < STEPS_MAX && behind < STEPS_BEHIND; i++) {
                world.step();
                behind += world.disk().hasFailed() ? 1 : 0;
            }
            return Optional.empty();
        } catch (IOException e) {
            return Optional.of(e);
        }
    }

    private static void checkRefuses(ReplicaWorld world, String where) {
        var log = world.log();
        long end = log.writtenEndOffset();
        BrokenPromise.unless(
                fails(() -> log.append(end, end + 1, Batches.batch(end, 1_000, 1, "more"), false))
                        && fails(log::force)
                        && fails(() -> log.truncateTo(end))
                        && fails(() -> log.read(log.logStartOffset(), end, 1)),
                Invariant.FAILED_LOG_REFUSES_USE,
                where,
                () -> "it went on");
    }

    private interface Use {
        void run() throws IOException;
    }

    private static boolean fails(Use use) {
        try {
            use.run();
            return false;
        } catch (IOException e) {
            return true;
        }
    }

    /** The process starts again on the same disk, works on, and then the power goes. */
    private void goOn(ReplicaWorld world, String where) throws IOException {
        world.promise().recover(bug.on(world.disk()), index, true, where + ", started again");
        world.start();
        world.promise()
                .recover(
                        bug.on(world.disk().crash(CrashMode.NOTHING_UNFORCED)),
                        index,
                        true,
                        where + ", power lost behind the start");
        for (int i = 0; i < STEPS_BEHIND; i++) {
            world.step();
        }
        world.stop();
        for (var mode : CrashMode.values()) {
            world.promise().recover(bug.on(world.disk().crash(mode)), index, true, where + ", later, " + mode);
        }
    }
}
