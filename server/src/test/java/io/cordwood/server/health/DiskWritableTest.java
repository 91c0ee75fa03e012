package io.cordwood.server.health;

import static org.assertj.core.api.Assertions.assertThat;

import io.cordwood.server.health.Hindrance.Code;
import io.cordwood.store.NioDisk;
import io.cordwood.store.SimulatedDisk;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class DiskWritableTest {
    @TempDir
    Path directory;

    @Test
    void directoryWithRoomIsFine() {
        assertThat(new DiskWritable(new NioDisk(false), List.of(directory)).hindrances())
                .isEmpty();
    }

    @Test
    void diskThatIsAlmostFullIsNamedWithWhatIsLeft() {
        var disk = new SimulatedDisk(1);
        disk.setUsableBytes(DiskWritable.FLOOR_BYTES - 1);
        var check = new DiskWritable(disk, List.of(directory));

        assertThat(check.hindrances()).singleElement().satisfies(hindrance -> {
            assertThat(hindrance.code()).isEqualTo(Code.DISK_SPACE_LOW);
            assertThat(hindrance.message()).contains(directory.toString(), "67108863 bytes left", "67108864");
        });
        disk.setUsableBytes(DiskWritable.FLOOR_BYTES);
        assertThat(check.hindrances()).isEmpty();
    }

    @Test
    void directoryThatCannotBeWrittenIsNamed() {
        var absent = directory.resolve("absent");

        assertThat(new DiskWritable(new NioDisk(false), List.of(directory, absent)).hindrances())
                .singleElement()
                .satisfies(hindrance -> {
                    assertThat(hindrance.code()).isEqualTo(Code.DISK_NOT_WRITABLE);
                    assertThat(hindrance.message()).contains(absent.toString());
                });
    }
}
