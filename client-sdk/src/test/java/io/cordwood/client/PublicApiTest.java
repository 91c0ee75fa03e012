package io.cordwood.client;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.lang.reflect.Type;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class PublicApiTest {
    private static final List<String> HIDDEN = List.of("io.grpc", "com.google", "io.cordwood.proto");

    @Test
    void publicTypesShowNothingOfGrpcOrProtobuf() throws Exception {
        var shown = new ArrayList<String>();
        for (var type : publicTypes()) {
            visibleTypes(type)
                    .filter(seen -> HIDDEN.stream().anyMatch(seen::contains))
                    .forEach(seen -> shown.add(type.getName() + " shows " + seen));
        }

        assertThat(shown).isEmpty();
    }

    @Test
    void mainTypesArePublic() throws Exception {
        assertThat(publicTypes())
                .contains(
                        CordwoodClient.class,
                        Producer.class,
                        Reader.class,
                        Consumer.class,
                        Admin.class,
                        CordwoodException.class);
    }

    private static List<Class<?>> publicTypes() throws Exception {
        var types = new ArrayList<Class<?>>();
        try (var files = Files.walk(classesDirectory())) {
            for (var file :
                    files.filter(path -> path.toString().endsWith(".class")).toList()) {
                var name = classesDirectory().relativize(file).toString().replace('/', '.');
                if (!name.endsWith("package-info.class")) {
                    var type = Class.forName(name.substring(0, name.length() - ".class".length()));
                    if (Modifier.isPublic(type.getModifiers())) {
                        types.add(type);
                    }
                }
            }
        }
        return types;
    }

    private static Path classesDirectory() throws URISyntaxException {
        return Path.of(CordwoodClient.class
                .getProtectionDomain()
                .getCodeSource()
                .getLocation()
                .toURI());
    }

    private static Stream<String> visibleTypes(Class<?> type) {
        var methods = Arrays.stream(type.getDeclaredMethods())
                .filter(method -> isVisible(method.getModifiers()))
                .flatMap(method -> Stream.concat(
                        Stream.of(method.getGenericReturnType()), Arrays.stream(method.getGenericParameterTypes())));
        var constructors = Arrays.stream(type.getDeclaredConstructors())
                .filter(constructor -> isVisible(constructor.getModifiers()))
                .flatMap(constructor -> Arrays.stream(constructor.getGenericParameterTypes()));
        var fields = Arrays.stream(type.getDeclaredFields())
                .filter(field -> isVisible(field.getModifiers()))
                .map(field -> field.getGenericType());
        var parents =
                Stream.concat(Stream.ofNullable(type.getGenericSuperclass()), Stream.of(type.getGenericInterfaces()));
        return Stream.of(methods, constructors, fields, parents)
                .flatMap(stream -> stream)
                .map(Type::getTypeName);
    }

    private static boolean isVisible(int modifiers) {
        return Modifier.isPublic(modifiers) || Modifier.isProtected(modifiers);
    }
}
