/**
 * The Java client: {@link io.cordwood.client.CordwoodClient} opens it, {@link io.cordwood.client.Producer} writes,
 * {@link io.cordwood.client.Reader} reads, {@link io.cordwood.client.Consumer} reads as a member of a
 * group, {@link io.cordwood.client.Admin} creates and describes.
 *
 * <p>No gRPC or protobuf type is public here: generated types are seen only by the package-private classes that
 * translate.
 */
@NullMarked
package io.cordwood.client;

import org.jspecify.annotations.NullMarked;
