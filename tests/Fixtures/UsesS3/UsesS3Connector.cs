using System.Buffers;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using PluginRuntime.Sdk;

namespace Fixtures.UsesS3;

/// <summary>Uses AWSSDK.S3 as far as that goes without a server: a client, and an address that it signs.</summary>
[Connector("uses-s3", Category = "test")]
public sealed class UsesS3Connector : Connector<AmazonS3Client>
{
    /// <summary>Declares the action.</summary>
    public UsesS3Connector() => RawAction("use", UseAsync, new() { Idempotent = true });

    /// <inheritdoc />
    protected override ValueTask<AmazonS3Client> OpenAsync(CancellationToken cancellationToken) =>
        new(new AmazonS3Client(new BasicAWSCredentials("key", "secret"), new AmazonS3Config { ServiceURL = "http://127.0.0.1:1", ForcePathStyle = true }));

    /// <inheritdoc />
    protected override ValueTask CloseAsync(AmazonS3Client connection, CancellationToken cancellationToken)
    {
        connection.Dispose();
        return default;
    }

    private static ValueTask UseAsync(
        AmazonS3Client connection, ReadOnlyMemory<byte> input, IBufferWriter<byte> output, CancellationToken cancellationToken)
    {
        var address = connection.GetPreSignedURL(new GetPreSignedUrlRequest { BucketName = "books", Key = "one", Expires = new DateTime(2100, 1, 1, 0, 0, 0, DateTimeKind.Utc) });
        output.Write(Encoding.UTF8.GetBytes(address.Contains("/books/one", StringComparison.Ordinal) ? "1" : "0"));
        return default;
    }
}
