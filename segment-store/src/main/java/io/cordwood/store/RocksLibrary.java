package io.cordwood.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.rocksdb.NativeLibraryLoader;
import org.rocksdb.RocksDB;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RocksDB's native library, loaded once per process. Where none is installed it is unpacked into the temporary directory
 * and its file deleted as soon as it is mapped: RocksDB itself deletes it at an orderly end only, so each killed process
 * would leave its 17 MB behind.
 *
 * <p><b>Thread:</b> any.
 */
final class RocksLibrary {
    private static final Logger LOG = LoggerFactory.getLogger(RocksLibrary.class);
    /** Chooses a directory for the library; it stays there. */
    private static final String PLACE_VARIABLE = "ROCKSDB_SHAREDLIB_DIR";

    private RocksLibrary() {}

    /** @throws UncheckedIOException where the temporary directory does not take it */
    static synchronized void load() {
        if (System.getenv(PLACE_VARIABLE) == null) {
            loadUnpacked();
        }
        // Knows nothing of the above, and unpacks what is not loaded yet.
        RocksDB.loadLibrary();
    }

    private static void loadUnpacked() {
        try {
            var place = Files.createTempDirectory("cordwood-rocksdb-");
            try {
                NativeLibraryLoader.getInstance().loadLibrary(place.toString());
            } finally {
                delete(place);
            }
        } catch (IOException e) {
            throw new UncheckedIOException("RocksDB's library cannot be unpacked: " + e.getMessage(), e);
        }
    }

    /** What some file systems do not delete while it is mapped stays. */
    private static void delete(Path place) {
        try (var files = Files.list(place)) {
            for (var file : files.toList()) {
                Files.delete(file);
            }
            Files.delete(place);
        } catch (IOException e) {
            LOG.debug("{} stays", place, e);
        }
    }
}
