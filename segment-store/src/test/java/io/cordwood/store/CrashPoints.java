package io.cordwood.store;

import io.cordwood.store.BrokenPromise.Invariant;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Takes the power away at every single operation on the disk of a {@link ReplicaWorld}, in every way, and
 * once more while what is left is recovered.
 *
 * <p><b>Thread:</b> one owner.
 */
final class CrashPoints {
    private static final int SECOND_CRASHES = 5;
    private static final CrashMode[] MODES = CrashMode.values();

    private final OffsetIndex silentIndex;
    private final PlantedBug bug;
    private boolean eachPrefix;
    private @Nullable OffsetIndex index;
    private Random random = new Random(0);
    private final Set<Image> firsts = new HashSet<>();
    private final Set<Image> seconds = new HashSet<>();
    private int sequences;
    private long points;
    private long images;
    private long different;
    private long secondImages;
    private long differentSecond;

    /** All that a recovery without an index depends on at one moment of a world, where everything is forced. */
    private record Image(Map<Path, ByteBuffer> files, boolean floorIsKnown) {}

    /**
     * @param silentIndex one that was closed, for most of the images: it is faster
     */
    CrashPoints(OffsetIndex silentIndex, PlantedBug bug) {
        this.silentIndex = silentIndex;
        this.bug = bug;
    }

    /** Whether to leave, at each operation, also each prefix of what was not forced: from now on. */
    void leaveEachPrefix(boolean whether) {
        eachPrefix = whether;
    }

    /**
     * Goes through one world.
     *
     * @param shared by all its images: what it holds is right for none but the last one that wrote it
     * @throws BrokenPromise where something is not as the store owes it
     */
    void run(OffsetIndex shared, long seed, int operations) throws IOException {
        index = shared;
        random = new Random(seed);
        var world = new ReplicaWorld(seed, shared, bug);
        world.disk().listen(operation -> crash(world, "seed " + seed + ", at " + operation));
        world.start();
        for (int i = 0; i < operations; i++) {
            world.step();
        }
        crash(world, "seed " + seed + ", at the end");
        world.disk().listen(operation -> {});
        world.stop();
        sequences++;
    }

    @Override
    public String toString() {
        return sequences + " sequences, power lost at " + points + " operations, " + images + " images, " + different
                + " of them different, " + secondImages + " of a second loss while they were recovered, "
                + differentSecond + " of them different";
    }

    private void crash(ReplicaWorld world, String where) {
        var promise = world.promise();
        var disk = world.disk();
        firsts.clear();
        seconds.clear();
        var name = where + " (operation " + (disk.operations() + 1) + "), ";
        try {
            for (var mode : MODES) {
                check(promise, disk.crash(mode), name + mode);
            }
            for (int kept = 0; eachPrefix && kept <= disk.unforced(); kept++) {
                check(promise, disk.crashKeeping(kept), name + kept + " operations kept");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(name, e);
        }
        points++;
    }

    private void check(StorePromise promise, SimulatedDisk image, String where) throws IOException {
        images++;
        boolean floorIsKnown = random.nextBoolean();
        var first = anyIndex();
        if (isKnown(firsts, image, first, floorIsKnown)) {
            return;
        }
        different++;
        var later = new ArrayList<SimulatedDisk>();
        image.listen(operation -> later.addAll(List.of(image.crash(anyMode()), image.crash(anyMode()))));
        var found = promise.recover(bug.on(image), first, floorIsKnown, where);
        image.listen(operation -> {});
        later.add(image.crash(anyMode()));
        var again = promise.recover(bug.on(image), anyIndex(), floorIsKnown, where + ", again");
        BrokenPromise.unless(
                again.equals(found),
                Invariant.RECOVERING_AGAIN_CHANGES_NOTHING,
                where,
                () -> again + ", first " + found);
        Collections.shuffle(later, random);
        for (var second : later.subList(0, Math.min(SECOND_CRASHES, later.size()))) {
            checkSecond(promise, second, where + ", lost again");
        }
    }

    private void checkSecond(StorePromise promise, SimulatedDisk image, String where) throws IOException {
        secondImages++;
        var at = anyIndex();
        boolean floorIsKnown = random.nextBoolean();
        if (!isKnown(seconds, image, at, floorIsKnown)) {
            differentSecond++;
            promise.recover(bug.on(image), at, floorIsKnown, where);
        }
    }

    /** Many are equal to another one of the same moment: what became of that would become of this one. */
    private boolean isKnown(Set<Image> known, SimulatedDisk disk, OffsetIndex at, boolean floorIsKnown) {
        return at == silentIndex && !known.add(new Image(disk.files(), floorIsKnown));
    }

    private CrashMode anyMode() {
        return MODES[random.nextInt(MODES.length)];
    }

    private OffsetIndex anyIndex() {
        var shared = index;
        return shared != null && random.nextInt(8) == 0 ? shared : silentIndex;
    }
}
