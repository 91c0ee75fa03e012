package io.cordwood.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.ByteBuffer;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The module alone in a class loader, as a user meets it who has left the optional libraries out. */
class MissingCodecTest {
    @ParameterizedTest
    @CsvSource({"SNAPPY, org.xerial.snappy:snappy-java", "LZ4, at.yawk.lz4:lz4-java", "ZSTD, com.github.luben:zstd-jni"
    })
    void missingLibraryIsNamed(String codec, String artifact) throws Exception {
        try (var alone = moduleAlone()) {
            var compression = constant(alone, "Compression", codec);
            var builder = type(alone, "RecordBatchBuilder")
                    .getConstructor(compression.getClass(), int.class)
                    .newInstance(compression, 1000);
            method(builder, "tryAppend").invoke(builder, 1L, null, new byte[10], List.of());

            assertThat(method(compression, "available").invoke(compression)).isEqualTo(false);
            assertThatExceptionOfType(InvocationTargetException.class)
                    .isThrownBy(() -> builder.getClass().getMethod("build").invoke(builder))
                    .havingCause()
                    .withMessageContaining(artifact)
                    .matches(e -> e.getClass().getSimpleName().equals("CompressionUnavailableException"));
        }
    }

    @ParameterizedTest
    @CsvSource({"SNAPPY", "LZ4", "ZSTD"})
    void validatorRefusesWhatItCannotUnpack(String codec) throws Exception {
        var bytes = Rows.encode(Rows.random(4), Compression.valueOf(codec));
        try (var alone = moduleAlone()) {
            var limits = method(type(alone, "BatchLimits"), "ofBatchMaxBytes").invoke(null, 1 << 20);
            var validator = type(alone, "BatchValidator")
                    .getConstructor(limits.getClass())
                    .newInstance(limits);
            var rules = type(alone, "TimestampRules")
                    .getConstructors()[0]
                    .newInstance(constant(alone, "TimestampType", "LOG_APPEND_TIME"), 1L, 1L, false);

            var check = method(validator, "check").invoke(validator, bytes, rules, Rows.BASE_TIMESTAMP);

            assertThat(check.toString()).contains("COMPRESSION_UNAVAILABLE");
        }
    }

    @ParameterizedTest
    @CsvSource({"NONE", "GZIP"})
    void theOthersNeedNoLibrary(String codec) throws Exception {
        var bytes = Rows.encode(Rows.random(4), Compression.valueOf(codec));
        try (var alone = moduleAlone()) {
            var batch =
                    type(alone, "RecordBatch").getMethod("of", ByteBuffer.class).invoke(null, bytes);
            var records = batch.getClass().getMethod("records").invoke(batch);

            assertThat(method(records, "next").invoke(records)).asString().startsWith("record 0 at");
        }
    }

    private static URLClassLoader moduleAlone() {
        URL classes = RecordBatch.class.getProtectionDomain().getCodeSource().getLocation();
        return new URLClassLoader(new URL[] {classes}, ClassLoader.getPlatformClassLoader());
    }

    private static Class<?> type(ClassLoader loader, String name) throws ClassNotFoundException {
        return Class.forName("io.cordwood.batch." + name, true, loader);
    }

    private static Object constant(ClassLoader loader, String type, String name) throws Exception {
        return type(loader, type).getMethod("valueOf", String.class).invoke(null, name);
    }

    private static Method method(Object target, String name) {
        return method(target.getClass(), name);
    }

    private static Method method(Class<?> type, String name) {
        for (var method : type.getMethods()) {
            if (method.getName().equals(name) && !method.isBridge()) {
                return method;
            }
        }
        throw new IllegalArgumentException(type + " has no method " + name);
    }
}
