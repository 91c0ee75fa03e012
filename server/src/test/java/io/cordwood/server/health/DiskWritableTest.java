package io.cordwood.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.raft.DiskSpace;
import io.cordwood.raft.DiskSpace.Level;
import io.cordwood.server.health.Hindrance.Code;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

final class DiskWritableTest {
    @TempDir
    Path directory;

    private List<DiskSpace> disks(Level level) {
        return List.of(new DiskSpace("data", directory, 99, 100, level, false));
    }

    @Test
    void directoryWithRoomIsFine() {
        assertThat(new DiskWritable(List.of(directory), () -> disks(Level.ROOM)).hindrances())
                .isEmpty();
    }

    @ParameterizedTest
    @EnumSource(names = {"LOW", "FULL"})
    void diskBelowItsFloorIsNamedWithWhatIsLeft(Level level) {
        assertThat(new DiskWritable(List.of(directory), () -> disks(level)).hindrances())
                .singleElement()
                .satisfies(hindrance -> {
                    assertThat(hindrance.code()).isEqualTo(Code.DISK_SPACE_LOW);
                    assertThat(hindrance.message())
                            .contains(directory.toString(), "99 bytes left", "floor is 100", "no batches are taken");
                });
    }

    @Test
    void diskThatDoesNotAnswerIsNamed() {
        var silent = List.of(new DiskSpace("data", directory, 99, 10, Level.ROOM, true));

        assertThat(new DiskWritable(List.of(directory), () -> silent).hindrances())
                .singleElement()
                .satisfies(hindrance -> {
                    assertThat(hindrance.code()).isEqualTo(Code.DISK_NOT_WRITABLE);
                    assertThat(hindrance.message()).contains(directory.toString(), "does not say");
                });
    }

    @Test
    void directoryThatCannotBeWrittenIsNamed() {
        var absent = directory.resolve("absent");

        assertThat(new DiskWritable(List.of(directory, absent), List::of).hindrances())
                .singleElement()
                .satisfies(hindrance -> {
                    assertThat(hindrance.code()).isEqualTo(Code.DISK_NOT_WRITABLE);
                    assertThat(hindrance.message()).contains(absent.toString());
                });
    }
}
