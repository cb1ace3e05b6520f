namespace PluginRuntime.Connectors.S3;

/// <summary>Leave to use the bucket: the sockets are those of the instance, and the pool bounds the calls under way.</summary>
public sealed class S3Session;
