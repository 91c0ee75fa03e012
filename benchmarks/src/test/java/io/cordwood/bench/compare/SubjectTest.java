package io.cordwood.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.cordwood.bench.process.Clients;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubjectTest {
    @TempDir
    private Path directory;

    private Workplace place;

    @BeforeEach
    void putJars() throws IOException {
        place = new Workplace(directory, directory, directory, directory, new Clients(directory));
        put(place.cordwood().resolve("grpc-1.jar"));
        put(place.kafkaServer().resolve("kafka-clients-4.4.0.jar"));
        put(place.kafkaTools().resolve("kafka-clients-4.3.1.jar"));
        put(place.kafkaTools().resolve("kafka-tools-4.3.1.jar"));
        put(place.kafkaTools().resolve("kafka-tools-api-4.3.1.jar"));
    }

    @Test
    void conditionsNameBothSidesAndWhatTheyRunOn() throws IOException {
        var conditions = Subject.of(place, "e5437bc").conditions();

        assertThat(conditions.text("cordwood")).isEqualTo("e5437bc");
        assertThat(conditions.text("kafka")).isEqualTo("4.4.0 (tools 4.3.1)");
        assertThat(conditions.text("java")).isEqualTo(System.getProperty("java.version"));
        assertThat(conditions.require("processors")).isPositive();
    }

    @Test
    void checkoutThatIsNotCleanIsKnownByItsJars() throws IOException {
        var before = Subject.of(place, "e5437bc-dirty").cordwood();
        assertThat(before).startsWith("e5437bc-dirty jars ");

        put(place.cordwood().resolve("netty-1.jar"));

        assertThat(Subject.of(place, "e5437bc-dirty").cordwood()).isNotEqualTo(before);
        assertThat(Subject.of(place, "").cordwood()).matches("jars [0-9a-f]{12}");
    }

    @Test
    void missingJarIsNamed() throws IOException {
        Files.delete(place.kafkaServer().resolve("kafka-clients-4.4.0.jar"));

        assertThatThrownBy(() -> Subject.of(place, "e5437bc"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("kafka-clients-*.jar");
    }

    private static void put(Path jar) throws IOException {
        Files.createDirectories(jar.getParent());
        Files.createFile(jar);
    }
}
