package io.cordwood.chaos.planted;

import java.nio.file.Path;
import net.bytebuddy.asm.Advice;

/** Code of {@link PlantedBug#ACK_BEFORE_FORCE}. */
public final class SkippedForce {
    private static final String SEGMENT_SUFFIX = ".log";

    private SkippedForce() {}

    @Advice.OnMethodEnter(skipOn = Advice.OnNonDefaultValue.class)
    static boolean skips(@Advice.FieldValue("path") Path path) {
        return SkippedForce.isSegment(path);
    }

    /** All else is forced: what a node knows of itself is there after a loss of power. */
    public static boolean isSegment(Path path) {
        boolean skipped = path.toString().endsWith(SEGMENT_SUFFIX);
        if (skipped) {
            PlantedAgent.reached("ack-before-force");
        }
        return skipped;
    }
}
