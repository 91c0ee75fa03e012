package io.cordwood.it;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * What a disk does to one file of a node that is down. All but the deletion spare the first three
 * quarters.
 */
enum FileHarm {
    /** The end is gone. */
    CUT {
        @Override
        void change(RandomAccessFile file, long from) throws IOException {
            file.setLength(from);
        }
    },
    /** The end reads as zeros. */
    ZEROED {
        @Override
        void change(RandomAccessFile file, long from) throws IOException {
            long size = file.length();
            file.seek(from);
            file.write(new byte[Math.toIntExact(size - from)]);
        }
    },
    /** One bit is another. */
    FLIPPED {
        @Override
        void change(RandomAccessFile file, long from) throws IOException {
            file.seek(from);
            int found = file.read();
            file.seek(from);
            file.write(found ^ 4);
        }
    },
    /** The file is gone. */
    DELETED {
        @Override
        void change(RandomAccessFile file, long from) {
            throw new AssertionError("deleted as a whole");
        }
    };

    /** @param from where the harm begins */
    abstract void change(RandomAccessFile file, long from) throws IOException;

    void doTo(Path file) {
        try {
            long size = Files.size(file);
            doTo(file, size - (size + 3) / 4);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param from where the harm begins, below the file's size */
    void doTo(Path file, long from) {
        try {
            if (this == DELETED) {
                Files.delete(file);
                return;
            }
            try (var open = new RandomAccessFile(file.toFile(), "rw")) {
                change(open, from);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
